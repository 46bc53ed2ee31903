import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secrets } from '../../src/system/secrets.ts';

const token = 'ya29.a0Af_Zq7x4Vw1-Lk0pT8sR2dUeYh/+~=';

function knowing(...secrets: readonly string[]): Secrets {
  const known = new Secrets();
  for (const secret of secrets) known.add(secret);
  return known;
}

/** A secret as libraries, servers and logs may spell it. */
const spellings: readonly (readonly [string, (secret: string) => string])[] = [
  ['plain', (secret) => secret],
  ['in base64', (secret) => base64(secret)],
  ['in base64, a byte further', (secret) => base64(`x${secret}`)],
  ['in base64, two bytes further', (secret) => base64(`xy${secret}`)],
  [
    'in base64, in the middle',
    (secret) => base64(`user=ada\u0001auth=Bearer ${secret}\u0001\u0001`),
  ],
  ['in base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['in base64url, further on', (secret) => Buffer.from(`client:${secret}`).toString('base64url')],
  ['in a path', (secret) => encodeURIComponent(secret)],
  ['in a form', (secret) => new URLSearchParams({ refresh_token: secret }).toString()],
  ['in a query', (secret) => new URL(`http://h/?${new URLSearchParams({ a: secret })}`).href],
  ['in JSON', (secret) => JSON.stringify({ secret })],
  [
    'in lower-case percent-encoding',
    (secret) => encodeURIComponent(secret).replaceAll(/%../g, (one) => one.toLowerCase()),
  ],
  ['twice', (secret) => `${secret}${secret}`],
  ['as an HTTP header', (secret) => `Authorization: Bearer ${secret}\r\n`],
  ['as Basic', (secret) => `Basic ${base64(`mailctl:${secret}`)}`],
];

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Each longer part of a secret that would still tell it. */
function tells(text: string, secret: string): boolean {
  const decoded = [
    text,
    text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    ...[0, 1, 2, 3].flatMap((offset) =>
      [...text.matchAll(/[A-Za-z0-9+/_-]{8,}/g)].map(([run]) =>
        Buffer.from(run.slice(offset), 'base64').toString('latin1'),
      ),
    ),
  ];
  return decoded.some((one) => one.includes(secret));
}

describe('a secret is never told', () => {
  it.each(spellings)('%s', (_, spell) => {
    for (const secret of [token, 'abcdef', 'a b&c=d%e+f', 'quote"back\\slash', 'Grüße-und-Küsse']) {
      const text = `before ${spell(secret)} after`;
      const redacted = knowing(secret).redact(text);
      expect(redacted).toContain('[secret]');
      expect(redacted.startsWith('before ')).toBe(true);
      expect(redacted.endsWith(' after')).toBe(true);
      expect(tells(redacted, secret)).toBe(false);
    }
  });

  const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 60 });
  const b64token = fc
    .array(fc.constantFrom(...'abcXYZ0189-._~+/='), { minLength: 6, maxLength: 80 })
    .map((characters) => characters.join(''));
  const padding = fc.string({ unit: 'grapheme-ascii', maxLength: 9 });

  it('wherever it stands: plain, base64 at any alignment, base64url, percent-encoded', () => {
    fc.assert(
      fc.property(fc.oneof(ascii, b64token), padding, padding, (secret, before, after) => {
        fc.pre(secret !== '[secret]');
        const around = `${before}${secret}${after}`;
        const known = knowing(secret);
        for (const text of [
          around,
          base64(around),
          Buffer.from(around).toString('base64url'),
          encodeURIComponent(around),
          `${before}${new URLSearchParams({ v: secret })}${after}`,
          JSON.stringify({ text: around }),
        ]) {
          const redacted = known.redact(text);
          expect(redacted).toContain('[secret]');
          expect(redacted).not.toContain(secret);
        }
        for (const text of [base64(around), Buffer.from(around).toString('base64url')]) {
          const redacted = known.redact(text);
          const left = redacted
            .split('[secret]')
            .map((part) => Buffer.from(part, 'base64').toString());
          for (const part of left) expect(part).not.toContain(secret);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('in any company: one secret within, before and beside another', () => {
    fc.assert(
      fc.property(
        fc.array(b64token, { minLength: 1, maxLength: 5 }),
        padding,
        (secrets, between) => {
          const known = knowing(...secrets);
          const redacted = known.redact(secrets.join(`${between} `));
          for (const secret of secrets) expect(redacted).not.toContain(secret);
        },
      ),
    );
    const known = knowing('secret-of-ada', 'secret-of-ada-and-bea', 'bea-and-secret-of-ada');
    expect(known.redact('secret-of-ada-and-bea')).toBe('[secret]');
    expect(known.redact('bea-and-secret-of-ada')).toBe('[secret]');
    expect(known.redact('secret-of-ada')).toBe('[secret]');
  });

  it('that is a pattern to a regular expression', () => {
    for (const secret of ['$&$1$$aa', '.*.*.*', '(a+)+$x', '[a-z]+', '\\d{3,}', "$`$'$0"]) {
      expect(knowing(secret).redact(`<${secret}>`)).toBe('<[secret]>');
    }
  });
});

describe('what is no secret stays', () => {
  it('when there is none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(new Secrets().redact(text)).toBe(text);
      }),
    );
  });

  it('beside one', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcde ') }), (text) => {
        expect(knowing(token).redact(text)).toBe(text);
      }),
    );
    expect(knowing(token).redact(`ada@example.org ${token} 993`)).toBe(
      'ada@example.org [secret] 993',
    );
  });

  it('when it is so short that words would be blanked out', () => {
    const known = knowing('', 'a', 'mail', 'inbox');
    expect(known.redact('a mail in the inbox')).toBe('a mail in the inbox');
  });
});

it('a secret is given back as it is, also one that is no good Unicode', () => {
  const known = new Secrets();
  for (const secret of [
    token,
    '',
    'a',
    'lone \ud800 surrogate',
    '\udfff\udfff\udfff\udfff\udfff\udfff',
  ]) {
    expect(known.add(secret)).toBe(secret);
  }
  expect(known.redact('<lone \ud800 surrogate>')).toBe('<[secret]>');
});
