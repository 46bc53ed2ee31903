import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../sandbox/certificates.ts';
import { cleanUpLater } from '../../support/clean-up.ts';
import { type Case, judge, playAll } from '../../support/play.ts';

const neverLogsIn: Case['check'] = ({ received }) => {
  expect(`${received.clear}${received.encrypted}`).not.toMatch(/AUTHENTICATE|LOGIN /);
};

const cases: readonly Case[] = [
  {
    name: 'A1 takes the connection and says nothing',
    script: { security: 'none', greeting: () => {} },
    codes: [75],
    says: /no greeting in time/,
  },
  {
    name: 'A1 says nothing inside TLS',
    script: { greeting: () => {} },
    codes: [75],
    says: /no greeting in time/,
  },
  {
    name: 'A3 answers like a web server',
    script: {
      greeting: async (talk) => {
        await talk.send(
          'HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>Bad Request</h1>\r\n',
        );
        talk.cut();
      },
    },
    codes: [75, 76],
    says: /before the login was done/,
    check: neverLogsIn,
  },
  {
    name: 'A4 greets with garbage',
    script: { greeting: Buffer.from('fffe0001028081\r\n\r\n\0\0\0', 'latin1') },
    codes: [75, 76],
    check: neverLogsIn,
  },
  {
    name: 'A5 greets a byte a second for ever',
    script: {
      greeting: async (talk) => {
        await talk.send('* OK ');
        await talk.repeat('x', 1000);
      },
    },
    codes: [75],
    says: /greeting|login/,
    withinMs: 8_500,
  },
  {
    name: 'A6 greets without an end, as fast as it can',
    script: {
      greeting: async (talk) => {
        await talk.send('* OK ');
        await talk.repeat(Buffer.alloc(1 << 16, 'x'));
      },
    },
    codes: [75, 76],
    withinMs: 8_500,
  },
  {
    name: 'A6 sends lines without an end before it greets',
    script: { greeting: (talk) => talk.repeat('* 1 EXISTS\r\n'.repeat(5000)) },
    codes: [75, 76],
    withinMs: 8_500,
  },
  ...(['tls', 'starttls'] as const).flatMap((security): Case[] => [
    {
      name: `A7 greets with NO (${security})`,
      script: { security, greeting: '* NO go away\r\n' },
      codes: [69, 75, 76],
      check: neverLogsIn,
    },
    {
      name: `A7 greets with BYE (${security})`,
      script: {
        security,
        greeting: async (talk) => {
          await talk.send('* BYE too many connections\r\n');
          talk.cut();
        },
      },
      codes: [75],
      says: /too many connections/,
      check: neverLogsIn,
    },
    {
      name: `A9 greets with PREAUTH (${security})`,
      script: { security, greeting: '* PREAUTH welcome\r\n' },
      codes: [69, 76],
      check: ({ commands }) =>
        expect(commands.join('\n')).not.toMatch(/EXAMINE|FETCH|AUTHENTICATE/),
    },
  ]),
  {
    name: 'A10 offers no STARTTLS',
    script: { security: 'starttls', capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2' },
    codes: [69],
    says: /does not switch to TLS/,
    check: neverLogsIn,
  },
  ...['NO TLS not available', 'BAD what', 'NO'].map(
    (answer): Case => ({
      name: `A11 answers STARTTLS with ${answer}`,
      script: { security: 'starttls', on: [[/^STARTTLS/, `<tag> ${answer}\r\n`]] },
      codes: [69],
      says: /does not switch to TLS/,
      check: neverLogsIn,
    }),
  ),
  {
    name: 'A13 injects a capability before the handshake',
    script: {
      security: 'starttls',
      on: [
        [
          /^STARTTLS/,
          (talk) =>
            talk.startTls(
              '<tag> OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 INJECTED\r\n',
            ),
        ],
      ],
    },
    codes: [76],
    check: neverLogsIn,
  },
  {
    name: 'A13 injects a PREAUTH before the handshake',
    script: {
      security: 'starttls',
      on: [[/^STARTTLS/, (talk) => talk.startTls('<tag> OK begin\r\n* PREAUTH hello\r\n')]],
    },
    codes: [76],
    check: neverLogsIn,
  },
  {
    name: 'A14 injects a moment after the answer to STARTTLS',
    script: {
      security: 'starttls',
      on: [
        [
          /^STARTTLS/,
          async (talk) => {
            await talk.send('<tag> OK begin\r\n');
            await talk.drip('* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n* PREAUTH hello\r\n', 1);
          },
        ],
      ],
    },
    codes: [75, 76],
    check: neverLogsIn,
  },
  {
    name: 'A15 says begin and never shakes hands',
    script: { security: 'starttls', on: [[/^STARTTLS/, '<tag> OK begin\r\n']] },
    codes: [75],
    withinMs: 8_500,
  },
  {
    name: 'A16 says begin and goes on in clear text',
    script: {
      security: 'starttls',
      on: [
        [/^STARTTLS/, '<tag> OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n* OK hello\r\n'],
      ],
    },
    codes: [75, 76],
    withinMs: 8_500,
    check: neverLogsIn,
  },
  {
    name: 'A17 answers in clear text on the port for TLS',
    script: { security: 'none' },
    config: { security: 'tls' },
    codes: [76],
    says: /does not speak TLS/,
    check: neverLogsIn,
  },
  {
    name: 'A18 wants TLS where clear text with STARTTLS is asked for',
    script: { security: 'tls' },
    config: { security: 'starttls' },
    codes: [75, 76],
    check: neverLogsIn,
  },
  {
    name: 'A19 has a certificate that is over',
    script: {},
    certificates: () => makeCertificates(folder(), { expired: true }),
    codes: [76],
    says: /certificate has expired/,
    check: neverLogsIn,
  },
  {
    name: 'A21 has signed its certificate itself',
    script: {},
    certificates: selfSigned,
    config: { caFile: false },
    codes: [76],
    says: /certificate .* is not trusted/,
    check: neverLogsIn,
  },
  {
    name: 'A22 has a certificate for another host',
    script: {},
    certificates: () => makeCertificates(folder(), { hosts: ['imap.example.org'] }),
    codes: [76],
    says: /certificate .* is not trusted.*imap\.example\.org/,
    check: neverLogsIn,
  },
  {
    name: 'A23 has a certificate of an authority nobody knows',
    script: {},
    config: { caFile: false },
    codes: [76],
    says: /certificate .* is not trusted.*\n.*--ca-file/,
    check: neverLogsIn,
  },
  {
    name: 'A23 has such a certificate behind STARTTLS',
    script: { security: 'starttls' },
    config: { caFile: false },
    codes: [76],
    says: /certificate .* is not trusted/,
    check: neverLogsIn,
  },
  ...(['TLSv1', 'TLSv1.1'] as const).map(
    (version): Case => ({
      name: `A25 speaks ${version} only`,
      script: {
        tls: { minVersion: 'TLSv1', maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
      },
      codes: [76],
      says: /a version of TLS that is no longer safe/,
      check: neverLogsIn,
    }),
  ),
  {
    name: 'A27 is an address with a certificate for a name',
    script: {},
    certificates: () => makeCertificates(folder(), { hosts: ['localhost'] }),
    config: { host: '127.0.0.1' },
    codes: [76],
    says: /certificate .* is not trusted/,
    check: neverLogsIn,
  },
  {
    name: 'A29 has two million capabilities',
    script: {
      on: [
        [
          /^CAPABILITY/,
          async (talk) => {
            await talk.send('* CAPABILITY IMAP4rev1 AUTH=XOAUTH2');
            for (let count = 0; count < 40 && !talk.gone.aborted; count += 1) {
              await talk.send(' X1234567'.repeat(50_000));
            }
            await talk.send('\r\n<tag> OK done\r\n');
          },
        ],
      ],
    },
    codes: [0, 75, 76],
    withinMs: 9_000,
    withinMb: 512,
  },
];

let played: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  played = await playAll(cases);
});

test.each(cases)('$name', (one) => judge(one, played(one.name)));

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mailctl-certificates-'));
  cleanUpLater(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function selfSigned() {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const caFile = join(folder(), 'ca.pem');
  writeFileSync(caFile, made.cert);
  return { cert: made.cert, key: made.private, caFile };
}
