import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Credential,
  formatCredential,
  isFresh,
  parseCredential,
  type TokenSet,
} from '../../src/auth/token-set.ts';

const issuedAt = new Date('2026-11-15T12:00:00.000Z');
const seconds = 1000;
const hour = 3600 * seconds;

function later(ms: number): Date {
  return new Date(issuedAt.getTime() + ms);
}

/** Tokens of that lifetime in milliseconds, null for one the server did not tell. */
function tokens(lifetimeMs: number | null): TokenSet {
  return {
    accessToken: 'at-1',
    expiresAt: lifetimeMs === null ? null : later(lifetimeMs),
    refreshToken: 'rt-1',
    obtainedAt: issuedAt,
    grantedAt: issuedAt,
    scopes: ['email'],
    subject: null,
  };
}

describe('an access token is used', () => {
  it.each([
    // lifetime, age, whether it is fresh
    ['a new one of an hour', hour, 0, true],
    ['one with a little more than a minute to go', hour, hour - 60 * seconds - 1, true],
    ['one with a minute to go', hour, hour - 60 * seconds, false],
    ['one with less than a minute to go', hour, hour - 59 * seconds, false],
    ['one at its end', hour, hour, false],
    ['one past its end', hour, hour + 1, false],
    ['one long past its end', hour, 1000 * hour, false],
    ['a new one of ten minutes', 600 * seconds, 0, true],
    ['a new one of a minute', 60 * seconds, 0, true],
    ['one of a minute with a tenth to go', 60 * seconds, 54 * seconds, false],
    ['one of a minute with a little more to go', 60 * seconds, 54 * seconds - 1, true],
    ['a new one of ten seconds', 10 * seconds, 0, true],
    ['a new one of a second', seconds, 0, true],
    ['one that never was good', 0, 0, false],
    ['one that ended before it began', -hour, 0, false],
    ['one of a clock a little ahead', hour, -30 * seconds, true],
    // Issued while the clock was a year ahead it would look good for a year.
    ['one of a clock that was set back', hour, -24 * hour, false],
    ['one whose clock was set forward', hour, 24 * hour, false],
  ])('%s', (_, lifetimeMs, ageMs, fresh) => {
    expect(isFresh(tokens(lifetimeMs), later(ageMs))).toBe(fresh);
  });

  it('whose end is not known until a server refuses it', () => {
    expect(isFresh(tokens(null), later(10_000 * hour))).toBe(true);
    expect(isFresh(tokens(null), later(0), hour)).toBe(true);
  });

  it('that must be good for longer', () => {
    expect(isFresh(tokens(hour), later(0), hour - 1)).toBe(true);
    expect(isFresh(tokens(hour), later(0), hour)).toBe(false);
    expect(isFresh(tokens(hour), later(0), 1)).toBe(true);
  });

  it('never once it has ended, always at first, and it does not come back', () => {
    const span = fc.integer({ min: 1, max: 400 * 24 * hour });
    fc.assert(
      fc.property(span, span, span, (lifetime, one, other) => {
        const [sooner, later_] = one < other ? [one, other] : [other, one];
        expect(isFresh(tokens(lifetime), later(0))).toBe(true);
        expect(isFresh(tokens(lifetime), later(lifetime + one - 1))).toBe(false);
        if (isFresh(tokens(lifetime), later(later_))) {
          expect(isFresh(tokens(lifetime), later(sooner))).toBe(true);
        }
      }),
    );
  });
});

describe('what is stored for an account', () => {
  const credential: Credential = {
    kind: 'grant',
    address: 'ada@example.org',
    issuer: 'https://login.example.org',
    clientId: 'mailctl',
    clientSecret: null,
    tokens: tokens(hour),
    previousRefreshToken: null,
    rotatedAt: null,
  };
  const stored = formatCredential(credential);

  it('is read as it was written', () => {
    expect(parseCredential(stored)).toEqual(credential);
    const bare = { ...tokens(null), refreshToken: null, scopes: [], subject: 's' };
    const other = { ...credential, clientSecret: 'c s"\\', tokens: bare };
    expect(parseCredential(formatCredential(other))).toEqual(other);
  });

  it('is a grant where it does not say what it is, as those of earlier versions', () => {
    const { kind, ...earlier } = JSON.parse(stored);
    expect(kind).toBe('grant');
    expect(parseCredential(JSON.stringify(earlier))).toEqual(credential);
  });

  it('may be a password', () => {
    const password: Credential = {
      kind: 'password',
      address: 'ada@example.org',
      password: 'p "ü',
      storedAt: issuedAt,
    };
    expect(parseCredential(formatCredential(password))).toEqual(password);
  });

  it('is read as it was written, whatever a server has given', () => {
    const text = fc.string({ unit: 'grapheme' });
    const date = fc.date({
      min: new Date('1970-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    const any = fc.record({
      kind: fc.constant('grant' as const),
      address: fc.option(text),
      issuer: text,
      clientId: text,
      clientSecret: fc.option(text),
      tokens: fc.record({
        accessToken: text,
        expiresAt: fc.option(date),
        refreshToken: fc.option(text),
        obtainedAt: date,
        grantedAt: date,
        scopes: fc.array(text),
        subject: fc.option(text),
      }),
      previousRefreshToken: fc.option(text),
      rotatedAt: fc.option(date),
    });
    fc.assert(
      fc.property(any, (one) => {
        expect(parseCredential(formatCredential(one))).toEqual(one);
      }),
    );
  });

  const changed = (changes: object) => JSON.stringify({ ...JSON.parse(stored), ...changes });
  const changedTokens = (changes: object) =>
    changed({ tokens: { ...JSON.parse(stored).tokens, ...changes } });

  it.each([
    ['nothing', ''],
    ['no JSON', 'at-1'],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['half of it', stored.slice(0, 40)],
    ['twice', stored + stored],
    ['a later version', changed({ version: 2 })],
    ['no version', changed({ version: undefined })],
    ['no issuer', changed({ issuer: undefined })],
    ['an issuer that is none', changed({ issuer: 7 })],
    ['no client', changed({ clientId: null })],
    ['no tokens', changed({ tokens: null })],
    ['no access token', changedTokens({ accessToken: undefined })],
    ['null for the access token', changedTokens({ accessToken: null })],
    ['a list for the refresh token', changedTokens({ refreshToken: ['rt-1'] })],
    ['no refresh token, and no word of it', changedTokens({ refreshToken: undefined })],
    ['a number for a date', changedTokens({ expiresAt: 1_800_000_000 })],
    ['a word for a date', changedTokens({ expiresAt: 'soon' })],
    ['a day for a date', changedTokens({ expiresAt: '2026-11-15' })],
    ['a month that is none', changedTokens({ obtainedAt: '2026-13-15T12:00:00.000Z' })],
    ['null for when it was granted', changedTokens({ grantedAt: null })],
    ['a word for the scopes', changedTokens({ scopes: 'email' })],
  ])('with %s is not read', (_, text) => {
    expect(parseCredential(text)).toBe(null);
  });

  it('cut anywhere is not read', () => {
    for (let length = 0; length < stored.length; length++) {
      expect(parseCredential(stored.slice(0, length))).toBe(null);
    }
  });

  it('changed anywhere is not read, or has good dates and texts, and never throws', () => {
    const place = fc.nat({ max: stored.length - 1 });
    fc.assert(
      fc.property(place, fc.string({ unit: 'binary', maxLength: 3 }), (at, text) => {
        const one = parseCredential(stored.slice(0, at) + text + stored.slice(at + 1));
        if (one?.kind !== 'grant') return;
        expect(typeof one.tokens.accessToken).toBe('string');
        for (const date of [one.tokens.expiresAt, one.tokens.obtainedAt, one.tokens.grantedAt]) {
          if (date !== null) expect(Number.isNaN(date.getTime())).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
