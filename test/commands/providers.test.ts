import { beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../src/account/providers.ts';
import { formatProvider } from '../../src/commands/provider-facts.ts';
import { type Home, newHome, run } from '../support/run.ts';

describe('mailctl providers', () => {
  let home: Home;
  beforeAll(async () => {
    home = await newHome();
  });

  it('lists each provider, in a pipe and as JSON', async () => {
    const [pipe, json] = await Promise.all([
      run(['providers'], { home }),
      run(['providers', '--json'], { home }),
    ]);
    expect(pipe).toMatchObject({ code: 0, stderr: '' });
    const lines = pipe.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t')[0])).toEqual(providers.map(({ id }) => id));
    expect(lines[0]).toBe(
      'google\toauth\tGmail and Google Workspace\tgmail.com googlemail.com\timap.gmail.com',
    );
    expect(json.rows).toHaveLength(providers.length);
    for (const row of json.rows) expect(Object.keys(row)).toEqual(Object.keys(json.rows[0] ?? {}));
    expect(json.rows.find(({ id }) => id === 'yahoo')).toMatchObject({
      type: 'provider',
      state: 'oauth-by-request',
      tried: null,
    });
  });

  it('show says of each scope why it is asked for, and what was not tried', async () => {
    const { code, stdout, stderr } = await run(['providers', 'show', 'google'], { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}https:\/\/mail\.google\.com\/\n {6}\S.*IMAP/m);
    expect(stdout).toContain('end after 7\n    days');
    expect(stdout).toContain('not tried on the live service');
    expect(stdout).toContain('15 connections');
  });

  it.each(providers.map((one) => [one.id, one] as const))('show %s fits 80 columns', (_, one) => {
    const text = formatProvider(one, 80);
    // An address is never broken.
    const long = text.split('\n').filter((line) => line.length > 80 && / .* /.test(line.trim()));
    expect(long).toEqual([]);
    expect(text).not.toMatch(/undefined|null|\[object|[ \t]$/m);
  });

  it('show as JSON has what list has, and more', async () => {
    const { rows } = await run(['providers', 'show', 'icloud', '--json'], { home });
    expect(rows).toMatchObject([
      { type: 'provider', id: 'icloud', state: 'app-password', scopeReasons: [], redirect: null },
    ]);
  });

  it('show of what is not known names what is near', async () => {
    const { code, stderr } = await run(['providers', 'show', 'gogle'], { home });
    expect(code).toBe(64);
    expect(stderr).toBe('mailctl: there is no provider gogle\n  → did you mean google?\n');
  });
});
