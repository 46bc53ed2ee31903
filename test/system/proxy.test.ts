import { expect, test } from 'vitest';
import { describeProxy, parseProxy, proxyChoice } from '../../src/system/proxy.ts';
import { Secrets } from '../../src/system/secrets.ts';

test.each([
  ['http://proxy.example.org:3128', 'http://proxy.example.org:3128'],
  ['http://proxy.example.org', 'http://proxy.example.org:80'],
  ['https://proxy.example.org', 'https://proxy.example.org:443'],
  ['proxy.example.org:3128', 'http://proxy.example.org:3128'],
  ['socks5://127.0.0.1:9050/', 'socks5://127.0.0.1:9050'],
  ['socks5h://127.0.0.1', 'socks5://127.0.0.1:1080'],
  ['SOCKS5://[::1]:1', 'socks5://[::1]:1'],
  ['http://ada:canary%40pass@proxy.example.org', 'http://proxy.example.org:80'],
  ['socks4://127.0.0.1', null],
  ['ftp://proxy.example.org', null],
  ['http://', null],
  ['http://proxy.example.org/path', null],
  ['http://proxy.example.org?query', null],
  ['http://proxy.example.org:99999', null],
])('%s is %s', (text, expected) => {
  const proxy = parseProxy(text);
  expect(proxy === null ? null : describeProxy(proxy)).toBe(expected);
});

test('user and password are decoded, and a lone % is one', () => {
  expect(parseProxy('socks5://a%40b:c%3Ad@h')?.credentials).toEqual({
    user: 'a@b',
    password: 'c:d',
  });
  expect(parseProxy('http://ada:50%@h')?.credentials).toEqual({ user: 'ada', password: '50%' });
  expect(parseProxy('http://h')?.credentials).toBe(null);
});

const choose = (env: Record<string, string>, configured: string | null = null) =>
  proxyChoice(configured, { env, secrets: new Secrets() });
const chosen = (env: Record<string, string>, host: string, port = 443) => {
  const proxy = choose(env)(host, port);
  return proxy === null ? null : describeProxy(proxy);
};

test.each([
  [{}, null],
  [{ HTTPS_PROXY: 'http://a:1' }, 'http://a:1'],
  [{ https_proxy: 'http://b:1', HTTPS_PROXY: 'http://a:1' }, 'http://b:1'],
  [{ ALL_PROXY: 'socks5://c:1' }, 'socks5://c:1'],
  [{ all_proxy: 'socks5://d:1' }, 'socks5://d:1'],
  [{ HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'socks5://c:1' }, 'http://a:1'],
  [{ HTTPS_PROXY: '', ALL_PROXY: 'socks5://c:1' }, 'socks5://c:1'],
  // A proxy for http:// alone is none for what mailctl does.
  [{ HTTP_PROXY: 'http://a:1' }, null],
])('with %j the proxy is %s', (env, expected) => {
  expect(chosen(env, 'imap.example.org', 993)).toBe(expected);
});

test.each([
  ['imap.example.org', 'imap.example.org', true],
  ['example.org', 'imap.example.org', true],
  ['.example.org', 'imap.example.org', true],
  ['*.example.org', 'imap.example.org', true],
  ['EXAMPLE.ORG', 'imap.example.org', true],
  ['example.org', 'imap.example.org.', true],
  ['ample.org', 'imap.example.org', false],
  ['example.org:993', 'imap.example.org', true],
  ['example.org:443', 'imap.example.org', false],
  ['a.org, example.org', 'imap.example.org', true],
  ['*', 'imap.example.org', true],
  ['', 'imap.example.org', false],
  [',', 'imap.example.org', false],
  ['192.0.2.0/24', '192.0.2.9', true],
  ['192.0.2.9', '192.0.2.9', true],
  ['192.0.2.9:993', '192.0.2.9', true],
  ['192.0.2.0/33', '192.0.2.9', false],
  ['192.0.3.0/24', '192.0.2.9', false],
  ['2001:db8::/32', '2001:db8::1', true],
  ['[2001:db8::1]:993', '[2001:db8::1]', true],
  ['2001:db8::2', '2001:db8::1', false],
  ['2.9', '192.0.2.9', false],
])('NO_PROXY=%s, %s: exempt %s', (exceptions, host, exempt) => {
  const env = { HTTPS_PROXY: 'http://a:1', NO_PROXY: exceptions };
  expect(chosen(env, host, 993)).toBe(exempt ? null : 'http://a:1');
  const lower = { https_proxy: 'http://a:1', no_proxy: exceptions };
  expect(chosen(lower, host, 993)).toBe(exempt ? null : 'http://a:1');
});

test.each(['127.0.0.1', 'localhost', '::1', '[::1]'])('%s is never proxied', (host) => {
  expect(chosen({ ALL_PROXY: 'http://a:1' }, host)).toBe(null);
});

test("the account's own proxy leads everywhere, and none leads nowhere", () => {
  const env = { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*' };
  const own = choose(env, 'socks5://b:2')('127.0.0.1', 993);
  expect(own === null ? null : describeProxy(own)).toBe('socks5://b:2');
  expect(choose({ HTTPS_PROXY: 'http://a:1' }, 'none')('imap.example.org', 993)).toBe(null);
});

test('what is no proxy is named, not repeated', () => {
  expect(() => choose({ ALL_PROXY: 'gopher://ada:canary@x' })).toThrow(
    /^ALL_PROXY is not the URL of a proxy$/,
  );
});

test('the password becomes a secret in each of its spellings', () => {
  const secrets = new Secrets();
  proxyChoice('http://ada:can%40ary-7@h', { env: {}, secrets });
  for (const text of [
    'can@ary-7',
    'can%40ary-7',
    Buffer.from('ada:can@ary-7').toString('base64'),
  ]) {
    // Of base64 the last characters may stay: they depend on what follows.
    expect(secrets.redact(`<${text}>`)).toMatch(/^<\[secret\].{0,4}>$/);
  }
});
