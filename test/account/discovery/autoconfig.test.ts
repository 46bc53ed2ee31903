import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAutoconfig } from '../../../src/account/discovery/autoconfig.ts';
import { mayServe, providerOfExchangers, Refusal } from '../../../src/account/discovery/found.ts';
import { paccDigest, parsePacc } from '../../../src/account/discovery/pacc.ts';
import {
  issuerInResourceMetadata,
  issuerOfMetadata,
} from '../../../src/account/discovery/resource-metadata.ts';
import { clientConfig } from '../../support/client-config.ts';

const ada = 'ada@example.org';
const tls = { host: 'imap.example.org', port: 993, security: 'tls', user: null };

test.each([
  ['the usual one', clientConfig(), { server: tls, issuer: null, passwordOnly: false }],
  [
    'an issuer',
    clientConfig({ oauth: '<issuer>https://login.example.org/realms/x</issuer>' }),
    { issuer: 'https://login.example.org/realms/x' },
  ],
  [
    'an issuer by host',
    clientConfig({ oauth: '<issuer>login.example.org</issuer>' }),
    {
      issuer: 'https://login.example.org',
    },
  ],
  [
    'STARTTLS',
    clientConfig({ socket: 'STARTTLS', port: '143' }),
    {
      server: { ...tls, port: 143, security: 'starttls' },
    },
  ],
  [
    'the local part as name',
    clientConfig({ user: '%EMAILLOCALPART%' }),
    {
      server: { ...tls, user: 'ada' },
    },
  ],
  ['placeholders in the host', clientConfig({ host: 'imap.%EMAILDOMAIN%' }), { server: tls }],
  [
    'passwords alone',
    clientConfig({ authentication: 'password-cleartext' }),
    {
      passwordOnly: true,
    },
  ],
  [
    'entities of XML itself',
    clientConfig({ user: 'a&amp;b&#64;c' }),
    {
      server: { ...tls, user: 'a&b@c' },
    },
  ],
  [
    'letters of other scripts, which are shown as DNS has them',
    clientConfig({ host: 'imap.ex\u0430mple.org' }),
    { server: { ...tls, host: 'imap.xn--exmple-4nf.org' } },
  ],
  ['CDATA', clientConfig({ host: '<![CDATA[imap.example.org]]>' }), { server: tls }],
  [
    'elements nobody knows',
    clientConfig({ more: '<new><type>imap</type></new>' }),
    {
      server: tls,
    },
  ],
])('an autoconfig with %s', async (_, xml, expected) => {
  expect(await parseAutoconfig(xml, ada)).toMatchObject(expected);
});

test('TLS from the first byte goes before STARTTLS, and clear text is nothing', async () => {
  const servers = ['plain', 'STARTTLS', 'SSL'].map((socket) => clientConfig({ socket }));
  const incoming = servers.map((xml) => /<incomingServer.*<\/incomingServer>/s.exec(xml)?.[0]);
  const xml = `<clientConfig><emailProvider>${incoming.join('')}</emailProvider></clientConfig>`;
  expect((await parseAutoconfig(xml, ada)).server.security).toBe('tls');
});

const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${'<!ENTITY b "&a;&a;">'.repeat(9)}]>${clientConfig()}`;
test.each([
  ['a bomb of entities', bomb, /has a DTD/],
  [
    'a DTD of somebody else',
    `<!DOCTYPE x SYSTEM "file:///etc/passwd">${clientConfig()}`,
    /has a DTD/,
  ],
  ['an entity nobody has declared', clientConfig({ host: '&xxe;' }), /not XML/],
  ['no end', clientConfig().slice(0, -20), /not XML/],
  ['nothing', '', /not XML|names no IMAP/],
  ['JSON', '{}', /not XML/],
  ['nesting', `${'<a>'.repeat(20)}${'</a>'.repeat(20)}`, /nested too deep/],
  ['POP alone', clientConfig({ type: 'pop3' }), /names no IMAP server/],
  ['clear text', clientConfig({ socket: 'plain' }), /clear text only/],
  ['a socket nobody knows', clientConfig({ socket: 'TLSv9' }), /clear text only/],
  ['a host that is none', clientConfig({ host: '-oProxyCommand=x' }), /not the name of a host/],
  ['a host with a path', clientConfig({ host: 'a/b' }), /not the name of a host/],
  ['a port that is none', clientConfig({ port: '99999' }), /port .* is none/],
  ['a port with a sign', clientConfig({ port: '+993' }), /port .* is none/],
  ['a user with a line feed', clientConfig({ user: 'a&#10;b' }), /user name/],
  ['http:', clientConfig({ oauth: '<issuer>http://login.example.org</issuer>' }), /not an https/],
  ['javascript:', clientConfig({ oauth: '<issuer>javascript:alert(1)</issuer>' }), /not an https/],
  [
    'a name in the issuer',
    clientConfig({ oauth: '<issuer>https://accounts.google.com@evil.example</issuer>' }),
    /not an https/,
  ],
])('an autoconfig with %s is refused', async (_, xml, reason) => {
  await expect(parseAutoconfig(xml, ada)).rejects.toThrow(reason);
  await expect(parseAutoconfig(xml, ada)).rejects.toBeInstanceOf(Refusal);
});

test('any text at all is read or refused', async () => {
  const piece = fc.constantFrom('<clientConfig>', '</a>', '<a b="', '&', '<!', ']]>', '<?', 'x');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(piece, fc.string())), async (pieces) => {
      const read = await parseAutoconfig(pieces.join(''), ada).catch((error: unknown) => error);
      expect(read).toBeInstanceOf(Refusal);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['login.example.org', 'imap.example.org', true],
  ['example.org', 'example.org', true],
  ['login.hoster.net', 'imap.hoster.net', true],
  ['imap.hoster.net', 'imap.hoster.net', true],
  ['login.posteo.de', 'posteo.de', true],
  ['accounts.google.com', 'imap.example.org', false],
  ['accounts.google.com', 'imap.evil.example', false],
  // Whoever forges DNS must not get tokens of the domain's own login server.
  ['login.example.org', 'imap.evil.example', false],
  ['other.de', 'posteo.de', false],
  ['notexample.org', 'imap.example.org', false],
])('tokens of %s for %s: %s', (issuer, imap, expected) => {
  expect(mayServe(issuer, imap, 'example.org')).toBe(expected);
});

test.each([
  [['aspmx.l.google.com', 'alt1.aspmx.l.google.com'], 'google'],
  [['contoso-com.mail.protection.outlook.com'], 'microsoft'],
  [['in1-smtp.messagingengine.com'], 'fastmail'],
  [['mx.example.org'], null],
  [['notgoogle.com'], null],
  [[], null],
])('the exchangers %j are of %s', (exchangers, id) => {
  expect(providerOfExchangers(exchangers)?.id ?? null).toBe(id);
});

test.each([
  ['https://login.example.org/.well-known/openid-configuration', 'https://login.example.org'],
  ['https://a.org/t/v2.0/.well-known/openid-configuration', 'https://a.org/t/v2.0'],
  ['https://a.org/.well-known/oauth-authorization-server/t', 'https://a.org/t'],
  ['https://a.org/.well-known/oauth-authorization-server', 'https://a.org'],
  ['http://a.org/.well-known/openid-configuration', null],
  ['https://u@a.org/.well-known/openid-configuration', null],
  ['https://a.org/.well-known/openid-configuration?x', null],
  ['https://a.org/elsewhere', null],
  ['file:///etc/passwd', null],
  ['x', null],
])('%s is the metadata of %s', (address, issuer) => {
  expect(issuerOfMetadata(address)).toBe(issuer);
});

test('the metadata of a protected resource is its own, and names an https issuer', () => {
  const about = (changes: object) =>
    JSON.stringify({
      resource: 'https://imap.example.org',
      authorization_servers: ['https://login.example.org'],
      ...changes,
    });
  const read = (json: string) => issuerInResourceMetadata(json, 'imap.example.org');
  expect(read(about({}))).toBe('https://login.example.org');
  expect(read(about({ resource: 'https://imap.example.org/' }))).toBe('https://login.example.org');
  expect(read(about({ authorization_servers: undefined }))).toBe(null);
  expect(() => read(about({ resource: 'https://evil.example' }))).toThrow(/another resource/);
  expect(() => read(about({ authorization_servers: ['http://a'] }))).toThrow(/not an https/);
  expect(() => read(about({ authorization_servers: 'https://a' }))).toThrow(/not the metadata/);
  expect(() => read('[]')).toThrow(/not the metadata/);
  expect(() => read('<')).toThrow(/not the metadata/);
});

test.each([
  [['v=UAAC1; a=sha256; d=AbC+/='], 'AbC+/='],
  [['v=spf1 -all', 'd=x;a=sha256;v=UAAC1'], 'x'],
  [['v=UAAC1; a=md5; d=x'], null],
  [['v=UAAC2; a=sha256; d=x'], null],
  [[], null],
])('the digest in %j is %s', (records, digest) => {
  expect(paccDigest(records)).toBe(digest);
});

test('a user agent configuration is used when it is the one in DNS, and only then', () => {
  const read = (document: unknown) => {
    const json = JSON.stringify(document);
    return parsePacc(json, createHash('sha256').update(json).digest('base64'));
  };
  const protocols = { imap: { host: 'imap.example.org' } };
  const issuer = 'https://login.example.org';
  expect(read({ protocols, authentication: { 'oauth-public': { issuer } }, more: 1 })).toEqual({
    server: tls,
    issuer,
    passwordOnly: false,
  });
  expect(read({ protocols, authentication: { password: true } }).passwordOnly).toBe(true);
  expect(() => read({ protocols: {} })).toThrow(/no IMAP server/);
  expect(() => read({ protocols: { imap: { host: 'a/b' } } })).toThrow(/not the name of a host/);
  const clear = { 'oauth-public': { issuer: 'http://a' } };
  expect(() => read({ protocols, authentication: clear })).toThrow(/not an https/);
  expect(() => parsePacc(JSON.stringify({ protocols }), 'x')).toThrow(/digest is in the domain/);
});
