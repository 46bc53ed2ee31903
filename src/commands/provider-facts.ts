import {
  type Provider,
  type ProviderOAuth,
  providerState,
  type Rotation,
} from '../account/provider.ts';
import { hang } from '../terminal/wrap.ts';

/** The `provider` row. */
export function providerRow(provider: Provider) {
  const { id, name, domains, mx, oauth, imap, tried } = provider;
  return {
    type: 'provider',
    id,
    name,
    state: providerState(provider),
    domains,
    mx,
    imapHost: imap.host,
    scopes: oauth?.scopes.map((scope) => scope.name) ?? [],
    deviceFlow: oauth?.deviceFlow ?? false,
    clientSecret: oauth?.clientSecret ?? null,
    tried,
  } as const;
}

export type ProviderRow = ReturnType<typeof providerRow>;

/** The same with all that `providers show` tells. */
export function fullProviderRow(provider: Provider) {
  const { oauth, imap, password, notes, doubts } = provider;
  return {
    ...providerRow(provider),
    scopeReasons: oauth?.scopes ?? [],
    issuer: oauth?.server?.issuer ?? oauth?.issuerForm ?? null,
    redirect: oauth?.redirect ?? null,
    rotation: oauth?.rotation ?? null,
    revocable: oauth?.revocable ?? null,
    lifetime: oauth?.lifetime ?? null,
    password,
    mechanisms: oauth === null ? [] : imap.mechanisms,
    limits: {
      connections: imap.connections,
      bytesPerDay: imap.bytesPerDay,
      newestMessages: imap.newestMessages,
    },
    notes,
    doubts,
  };
}

/** What is told of a provider: facts with a name, then lists. */
function describeProvider(provider: Provider): ProviderFacts {
  const { oauth, imap, password } = provider;
  return {
    facts: [
      ...(oauth === null ? [] : describeOAuth(provider, oauth)),
      ['Password', password === null ? 'none is taken' : `${password.name}: ${password.url}`],
      ['Mail server', describeServer(provider)],
      ...(oauth === null ? [] : [['SASL', describeSasl(provider)] as const]),
      ['User name', imap.user === 'address' ? 'the address' : 'what stands before the @'],
      ...(imap.switchOn === null
        ? []
        : [['First', withUrl(imap.switchOn.text, imap.switchOn.url)] as const]),
      ...describeLimits(provider),
      ['Addresses', describeDomains(provider)],
      ...(provider.mx.length === 0
        ? []
        : [['Own domains', `whose mail goes to ${provider.mx.join(', ')}`] as const]),
      ['Tried', provider.tried ?? 'not tried on the live service: what stands here was read'],
    ],
    scopes: oauth?.scopes ?? [],
    notes: [...(oauth?.lifetime.notes ?? []), ...provider.notes],
    doubts: provider.doubts,
  };
}

interface ProviderFacts {
  readonly facts: readonly (readonly [string, string])[];
  readonly scopes: ProviderOAuth['scopes'];
  readonly notes: readonly string[];
  readonly doubts: readonly string[];
}

/** For a person, in lines of at most `width` columns. */
export function formatProvider(provider: Provider, width: number): string {
  const { facts, scopes, notes, doubts } = describeProvider(provider);
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : ['', title, ...items.map((item) => hang('  - ', item, width))];
  return [
    `${provider.id}: ${provider.name}`,
    '',
    ...facts.map(([name, value]) => hang(`  ${name.padEnd(15)}`, value, width)),
    ...(scopes.length === 0 ? [] : ['', 'Asked for']),
    ...scopes.flatMap(({ name, why }) => [`  ${name}`, hang('      ', why, width)]),
    ...list('Good to know', notes),
    ...list('Not certain', doubts),
  ].join('\n');
}

const rotations: Readonly<Record<Rotation, string>> = {
  kept: 'stays as it is',
  replaced: 'is replaced by each renewal',
  'single-use': 'is replaced by each renewal; using an old one ends the login',
  'near-end': 'is replaced shortly before it ends',
  unknown: 'may be replaced by a renewal',
};

function describeOAuth({ id }: Provider, oauth: ProviderOAuth): (readonly [string, string])[] {
  const { registration, server, tenant, redirect, lifetime } = oauth;
  const login = {
    open: `OAuth, with a client of your own: mailctl providers setup ${id}`,
    'by-request': `OAuth, with a client the provider gives on request: mailctl providers setup ${id}`,
    dynamic: 'OAuth; mailctl registers itself where the server lets it',
  }[registration.kind];
  const issuer = server === null ? `yours: ${oauth.issuerForm}` : server.issuer;
  const tenants =
    tenant === null
      ? ''
      : `; tenant ${tenant.default ?? 'to be named'} (--tenant ${tenant.examples.join(', ')})`;
  const renewal = rotations[oauth.rotation];
  const unused =
    lifetime.unusedDays === null ? '' : `; a login unused for ${lifetime.unusedDays} days ends`;
  return [
    ['Login', login],
    ['Login server', `${issuer}${tenants}`],
    ...(oauth.dataCentres.length === 0
      ? []
      : [['Data centres', oauth.dataCentres.join(', ')] as const]),
    ['Secret', `${oauth.clientSecret}; PKCE ${oauth.pkce}`],
    ['Redirect', describeRedirect(redirect)],
    ['Device code', oauth.deviceFlow ? 'yes: --device' : 'not for mail'],
    ...(oauth.resource === null ? [] : [['Resource', oauth.resource] as const]),
    ...(oauth.unattendedScopes === null
      ? []
      : [['Unattended', oauth.unattendedScopes.join(' ')] as const]),
    ['Refresh token', `${renewal}${unused}`],
    ['Taken back', describeRevocation(oauth)],
  ];
}

function describeRedirect(redirect: ProviderOAuth['redirect']): string {
  if (redirect.kind === 'paste') return `${redirect.uri}, which you paste back`;
  return `http://${redirect.host}, ${redirect.port === null ? 'any port' : `port ${redirect.port}`}`;
}

function describeRevocation({ revocable, grantsPage }: ProviderOAuth): string {
  const page = grantsPage === null ? 'in your account there' : `at ${grantsPage}`;
  if (revocable === false) return `only ${page}`;
  const where = revocable === null ? ' (where the server can)' : '';
  return `by mailctl logout${where}, or ${page}`;
}

function describeServer({ imap }: Provider): string {
  const host = imap.host ?? 'yours';
  return `${host}, port ${imap.port} (${imap.security})`;
}

function describeSasl({ imap }: Provider): string {
  const ir = imap.initialResponse ? '' : ', without an initial response';
  return `${imap.mechanisms.join(' before ')}${ir}`;
}

function describeLimits({ imap }: Provider): (readonly [string, string])[] {
  const limits = [
    ...(imap.connections === null ? [] : [`${imap.connections} connections at a time`]),
    ...(imap.bytesPerDay === null ? [] : [`${Math.round(imap.bytesPerDay / 2 ** 20)} MiB a day`]),
    ...(imap.newestMessages === null
      ? []
      : [`only the newest ${imap.newestMessages} messages of a folder are shown`]),
  ];
  return limits.length === 0 ? [] : [['Limits', limits.join('; ')]];
}

const shownDomains = 12;

function describeDomains({ domains }: Provider): string {
  if (domains.length === 0) return 'any: name it with --provider';
  const shown = domains.slice(0, shownDomains).join(', ');
  const more = domains.length - shownDomains;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function withUrl(text: string, url: string | undefined): string {
  return url === undefined ? text : `${text} ${url}`;
}
