import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/account/config-schema.ts';
import { type Provider, providerState } from '../../src/account/provider.ts';
import { providerOfAddress, providers } from '../../src/account/providers.ts';

const sentence = v.pipe(v.string(), v.regex(/^\S.*\S$/));
const hostName = v.pipe(v.string(), v.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/));
const domain = v.pipe(v.string(), v.regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/));
/** A place in it may stand for what each tenant or person has another. */
const address = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text.replace('{tenant}', 't')) && text.startsWith('https://')),
);
const origin = v.pipe(
  v.string(),
  v.check((text) => new URL(text).origin === text && text.startsWith('https://')),
);
const amount = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)));
const step = v.strictObject({ text: sentence, url: v.optional(address) });
const server = v.variant('kind', [
  v.strictObject({ kind: v.literal('discovered'), issuer: address }),
  v.strictObject({
    kind: v.literal('given'),
    issuer: address,
    authorizationEndpoint: address,
    tokenEndpoint: address,
    revocationEndpoint: v.nullable(address),
    deviceAuthorizationEndpoint: v.nullable(address),
  }),
]);
const oauth = v.strictObject({
  server: v.nullable(server),
  issuerForm: v.nullable(address),
  tenant: v.nullable(
    v.strictObject({
      default: v.nullable(sentence),
      examples: v.pipe(v.array(sentence), v.minLength(1)),
    }),
  ),
  dataCentres: v.array(origin),
  scopes: v.pipe(
    v.array(v.strictObject({ name: v.pipe(v.string(), v.regex(/^[^\s,]+$/)), why: sentence })),
    v.minLength(1),
  ),
  scopeSeparator: v.picklist([' ', ',']),
  unattendedScopes: v.nullable(v.array(address)),
  resource: v.nullable(address),
  authorizationParameters: v.record(v.string(), v.string()),
  redirect: v.variant('kind', [
    v.strictObject({
      kind: v.literal('loopback'),
      host: v.picklist(['127.0.0.1', 'localhost']),
      port: v.nullable(v.pipe(v.number(), v.minValue(1024), v.maxValue(65_535))),
    }),
    v.strictObject({ kind: v.literal('paste'), uri: address }),
  ]),
  clientSecret: v.picklist(['required', 'forbidden', 'optional']),
  pkce: v.picklist(['documented', 'undocumented']),
  deviceFlow: v.boolean(),
  registration: v.strictObject({
    kind: v.picklist(['open', 'by-request', 'dynamic']),
    steps: v.pipe(v.array(step), v.minLength(1)),
    clientFile: v.optional(v.literal(true)),
    clientId: v.strictObject({ pattern: v.instance(RegExp), example: sentence }),
  }),
  rotation: v.picklist(['kept', 'replaced', 'single-use', 'near-end', 'unknown']),
  lifetime: v.strictObject({ unusedDays: amount, notes: v.array(sentence) }),
  trial: v.optional(v.strictObject({ days: v.number(), advice: sentence })),
  revocable: v.nullable(v.boolean()),
  grantsPage: v.nullable(sentence),
});
const provider = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
  name: sentence,
  domains: v.array(domain),
  mx: v.array(hostName),
  oauth: v.nullable(oauth),
  password: v.nullable(v.strictObject({ name: sentence, url: sentence })),
  imap: v.strictObject({
    host: v.nullable(hostName),
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
    security: v.picklist(['tls', 'starttls']),
    user: v.picklist(['address', 'local-part']),
    mechanisms: v.pipe(v.array(v.picklist(['XOAUTH2', 'OAUTHBEARER'])), v.minLength(1)),
    initialResponse: v.boolean(),
    connections: amount,
    bytesPerDay: amount,
    newestMessages: amount,
    switchOn: v.nullable(step),
  }),
  notes: v.array(sentence),
  doubts: v.array(sentence),
  tried: v.nullable(sentence),
});

const byId = providers.map((one) => [one.id, one] as const);

describe('the providers', () => {
  it.each(byId)('%s is as a provider must be', (_, one) => {
    expect(v.safeParse(provider, one).issues).toBeUndefined();
  });

  it('have ids and domains of their own, and are at least twenty', () => {
    const ids = providers.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(20);
    const domains = providers.flatMap((one) => one.domains);
    expect(domains.filter((one, index) => domains.indexOf(one) !== index)).toEqual([]);
    const exchangers = providers.flatMap(({ mx }) => mx);
    expect(exchangers.filter((one, index) => exchangers.indexOf(one) !== index)).toEqual([]);
  });

  it.each(byId)('%s can be named in a config, with the login it is for', (id, one) => {
    const entry = { address: 'ada@example.org', provider: id };
    expect(checkConfig({ accounts: { club: entry } })).toHaveProperty('config');
    expect(one.oauth !== null || one.password !== null).toBe(true);
    expect(['oauth', 'oauth-by-request', 'app-password']).toContain(providerState(one));
  });

  it.each(oauthProviders())('%s shows a client id as it takes one', (_, { registration }) => {
    const { pattern, example } = registration.clientId;
    expect(example).toMatch(pattern);
    expect(`${example} `).not.toMatch(pattern);
  });

  it.each(oauthProviders())('%s says how an issuer is spelled where it has none', (_, one) => {
    expect(one.server === null).toBe(one.issuerForm !== null);
    const templated = one.server?.issuer.includes('{tenant}') ?? false;
    expect(templated).toBe(one.tenant !== null);
  });

  it.each([
    ['ada@gmail.com', 'google'],
    ['ada@GoogleMail.com', 'google'],
    ['ada@hotmail.co.uk', 'microsoft'],
    ['ada@contoso.onmicrosoft.com', 'microsoft'],
    ['ada@onmicrosoft.com', null],
    ['ada@evil-gmail.com', null],
    ['ada@x.gmail.com', null],
    ['ada@yahoo.de', 'yahoo'],
    ['ada@sbcglobal.net', 'att'],
    ['ada@verizon.net', 'aol'],
    ['ada@zoho.eu', 'zoho-eu'],
    ['"a@gmail.com"@web.de', 'web-de'],
    ['ada@126.com', 'netease-126'],
    ['ada@example.org', null],
  ])('of %s is %s', (address, id) => {
    expect(providerOfAddress(address)?.id ?? null).toBe(id);
  });

  it('name where each fact is from', () => {
    const folder = resolve(import.meta.dirname, '../../src/account/providers');
    const files = readdirSync(folder).filter((name) => name !== 'usual.ts');
    const without = files.filter(
      (name) => !/^ *\/\/ https:\/\//m.test(readFileSync(join(folder, name), 'utf8')),
    );
    expect(without).toEqual([]);
  });
});

function oauthProviders() {
  return providers.flatMap(({ id, oauth }: Provider) =>
    oauth === null ? [] : [[id, oauth] as const],
  );
}
