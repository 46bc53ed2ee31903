import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/system/loopback.ts';

describe('clear text may go to', () => {
  it.each([
    ...['127.0.0.1', '127.0.0.2', '127.255.255.255', '::1', '[::1]', '[127.0.0.1]'],
    ...['localhost', 'LOCALHOST', 'LocalHost'],
  ])('%s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
});

describe('clear text never goes to', () => {
  it.each([
    ...[
      '',
      ' ',
      '0.0.0.0',
      '::',
      '[::]',
      '128.0.0.1',
      '126.255.255.255',
      '10.0.0.1',
      '192.168.0.1',
    ],
    ...['169.254.0.1', '8.8.8.8', 'fe80::1', '[fe80::1]', '2001:db8::1', '::2', '1::1'],
    // what looks like this machine
    ...['127.0.0.1.example.org', '127.0.0.1.nip.io', 'localhost.example.org', 'example.localhost'],
    ...['localhost.localdomain', 'mylocalhost', 'localhost-example.org', 'localhost:143'],
    ...['127.0.0.1:143', '127.0.0.1@example.org', 'user@localhost', '127.0.0.1/../x', ' 127.0.0.1'],
    ...['127.0.0.1 ', '127.0.0.1\n', 'localhost\0.example.org', 'localhost\r\n', 'l\u00f6calhost'],
    // spellings that one resolver takes for this machine, and another does not
    ...['127.1', '127', '127.0.0.256', '127.0.0.1.', '0177.0.0.1', '0x7f.0.0.1', '2130706433'],
    ...[
      '127.00.0.1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::1%eth0',
      '[::1',
      '::1]',
      '[localhost',
    ],
    ...['\uff11\uff12\uff17.0.0.1', '\u2460\u2461\u2466.0.0.1', 'localhost\u3002'],
  ])('%j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it('the host of a URL is judged as the URL has it', () => {
    const hosts = (url: string) => isLoopback(new URL(url).hostname);
    expect(hosts('http://[::1]:8080/')).toBe(true);
    expect(hosts('http://LOCALHOST/')).toBe(true);
    expect(hosts('http://localhost@example.org/')).toBe(false);
    expect(hosts('http://127.0.0.1.example.org/')).toBe(false);
    expect(hosts('http://example.org#@127.0.0.1/')).toBe(false);
    expect(hosts('http://example.org\\@127.0.0.1/')).toBe(false);
  });
});
