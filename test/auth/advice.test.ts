import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProvider } from '../../src/account/providers.ts';
import { adviceTable, endedByTrial } from '../../src/auth/advice.ts';
import { explainOAuthError } from '../../src/auth/oauth-errors.ts';
import { encryptedFileStore } from '../../src/auth/stores/encrypted-file.ts';
import { keyRing } from '../../src/auth/stores/store-key.ts';
import { run } from '../support/run.ts';
import { keyFileOf, logIn } from '../support/waiting-login.ts';

interface Said {
  readonly error: string;
  readonly description?: string;
  readonly subtype?: string;
  /** In the browser, not at the token endpoint. */
  readonly inBrowser?: boolean;
}

/** What the library throws for an answer of an endpoint. */
function thrown({ error, description, subtype, inBrowser = false }: Said): Error {
  const code = inBrowser ? 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' : 'OAUTH_RESPONSE_BODY_ERROR';
  const body = { error, error_description: description, error_subtype: subtype };
  return Object.assign(new Error('refused', { cause: body }), {
    ...(description === undefined ? {} : { error_description: description }),
    ...{ code, error, status: 400 },
  });
}

const microsoft = (error: string, code: string): Said => ({
  error,
  description: `AADSTS${code}: What Microsoft has to say. Trace ID: 1 Timestamp: 2026-11-15`,
});

/** What providers say, and what a person is told to do. */
const cases: readonly (readonly [Said, RegExp])[] = [
  [{ error: 'invalid_grant', subtype: 'invalid_rapt' }, /organisation asks.*mailctl login/],
  [{ error: 'admin_policy_enforced', inBrowser: true }, /administrator to allow this client/],
  [{ error: 'org_internal', inBrowser: true }, /administrator to allow this client/],
  [{ error: 'redirect_uri_mismatch' }, /redirect URI.*http:\/\/127\.0\.0\.1/],
  [{ error: 'deleted_client' }, /client is disabled/],
  [{ error: 'disabled_client', inBrowser: true }, /client is disabled/],
  [
    { error: 'invalid_request', description: 'client_secret is missing.' },
    /--client-secret-file FILE/,
  ],
  [{ error: 'invalid_client' }, /client_id and the client secret/],
  [{ error: 'unauthorized_client' }, /client may use this flow/],
  [{ error: 'invalid_scope' }, /scopes in the config/],
  [{ error: 'invalid_target' }, /another resource/],
  [microsoft('invalid_request', '50011'), /http:\/\/localhost under "Mobile and desktop/],
  ...['50020', '500208', '50034', '51004', '50194', '700016', '700011', '500011', '7000012'].map(
    (code) =>
      [microsoft('invalid_grant', code), /different tenants.*oauth\.issuer|tenant/] as const,
  ),
  ...['50053', '50055', '50057', '50126'].map(
    (code) => [microsoft('invalid_grant', code), /sign in at the provider/] as const,
  ),
  ...['50058', '50072', '50074', '50076', '50078', '50079', '50173', '54005'].map(
    (code) => [microsoft('interaction_required', code), /^mailctl login$/] as const,
  ),
  ...['70000', '70008', '70043', '700082', '700084'].map(
    (code) => [microsoft('invalid_grant', code), /^mailctl login$/] as const,
  ),
  ...['70016', '70018', '70019'].map(
    (code) => [microsoft('invalid_grant', code), /^mailctl login --device$/] as const,
  ),
  [microsoft('invalid_grant', '50105'), /administrator to assign you/],
  [microsoft('invalid_grant', '50196'), /wait some minutes/],
  ...['53000', '53001', '53002', '53003', '530035'].map(
    (code) => [microsoft('access_denied_by_policy', code), /conditional access/] as const,
  ),
  ...['65001', '65004', '90094'].map(
    (code) => [microsoft('consent_required', code), /needs consent.*administrator/] as const,
  ),
  ...['650052', '650056', '650057', '70011', '28002', '28003', '900144'].map(
    (code) => [microsoft('invalid_scope', code), /IMAP\.AccessAsUser\.All/] as const,
  ),
  ...['70002', '7000215', '7000222'].map(
    (code) => [microsoft('invalid_client', code), /secret is wrong or has run out/] as const,
  ),
  [microsoft('invalid_client', '700025'), /leave the secret out/],
  [microsoft('invalid_client', '7000218'), /Allow public client flows/],
  [microsoft('unauthorized_client', '7000112'), /client is disabled/],
];

describe('what to do about an answer of a login server', () => {
  it.each(cases)('%j', (said, hint) => {
    const failure = explainOAuthError(thrown(said), 'https://login.example.org');
    expect(failure.hint).toMatch(hint);
    // It is what the person reads that is kept, beside it, for whoever must look it up.
    expect(failure.message).toContain(said.error);
    if (said.description !== undefined) expect(failure.message).toContain(said.description);
  });

  it('has a case for each row of the table', () => {
    const told = cases.map(([{ error, description = null, subtype = null }]) =>
      adviceTable.findIndex(({ when }) => when({ error, description, subtype })),
    );
    expect([...new Set(told)].sort((a, b) => a - b)).toEqual([...adviceTable.keys()]);
  });

  it('looks for a number of Microsoft as a whole', () => {
    const said = { error: 'invalid_grant', description: 'AADSTS5001199: no such number' };
    expect(explainOAuthError(thrown(said), 'https://login.example.org').hint).toBe('mailctl login');
  });
});

const day = 86_400_000;
const grantedAt = new Date('2026-11-01T12:00:00Z');
const daysLater = (days: number) => new Date(grantedAt.getTime() + days * day);

describe('a login that ended because its client is not published', () => {
  it.each([
    ['found out within the hour', 6.99, 7.01, true],
    ['found out days later', 6.5, 9, true],
    ['by a clock that is a little behind', 6.9, 6.95, true],
    ['by a weekly job', 0, 13.9, true],
    ['but it ended after two days', 2, 2.1, false],
    ['but it had worked after that time', 8, 8.1, false],
    ['but nobody looked for months', 3, 100, false],
  ])('%s', (_, obtained, now, expected) => {
    const tokens = { grantedAt, obtainedAt: daysLater(obtained) };
    expect(endedByTrial({ days: 7 }, tokens, daysLater(now))).toBe(expected);
  });

  it('is told, with where to publish it; a younger login is not suspected', async () => {
    const { home, oauth } = await logIn();
    oauth.answerTokens({ status: 400, body: { error: 'invalid_grant', error_description: 'Bad' } });
    writeFileSync(
      join(home.config, 'mailctl', 'config.toml'),
      `[accounts.club]
address = "ada@example.org"
provider = "google"
client_id = "mailctl"
store = "file"
key_file = "${keyFileOf(home)}"
oauth = { authorization_endpoint = "${oauth.origin}/authorize", token_endpoint = "${oauth.origin}/token" }
`,
    );
    const source = { kind: 'file', path: keyFileOf(home) } as const;
    const store = encryptedFileStore('club', {
      directory: join(home.state, 'mailctl'),
      keys: keyRing({ source, env: {}, askPassphrase: null, secret: null }),
    });
    const given = await store.load();
    if (given?.kind !== 'grant') throw new Error('the login is a grant');
    const grantedDaysAgo = async (days: number) => {
      const then = new Date(Date.now() - days * day);
      const tokens = { ...given.tokens, grantedAt: then, obtainedAt: then, expiresAt: then };
      await store.save({ ...given, tokens });
      const { code, stderr } = await run(['token'], { home });
      expect(code).toBe(77);
      return stderr;
    };
    const told = await grantedDaysAgo(7.2);
    expect(told).toMatch(/has ended: .*invalid_grant: Bad\n {2}→ .*"Testing".*7 days.*Publish app/);
    expect(told).toContain('https://console.cloud.google.com/auth/audience');
    expect(told).toContain('mailctl login -a club');
    expect(await grantedDaysAgo(3)).toMatch(/\n {2}→ mailctl login -a club\n$/);
  });

  it('is a fact of Google alone', () => {
    expect(findProvider('google')?.oauth?.trial?.days).toBe(7);
    expect(findProvider('microsoft')?.oauth?.trial).toBe(undefined);
  });
});
