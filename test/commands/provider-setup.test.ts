import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providers } from '../../src/account/providers.ts';
import { loginCommand, setupSteps } from '../../src/commands/provider-setup.ts';
import * as families from '../sandbox/families.ts';
import { approve } from '../sandbox/person.ts';
import { address, prepare } from '../support/family.ts';
import { newHome, run } from '../support/run.ts';
import { startInTerminal } from '../support/terminal.ts';

const clientId = '11111111-2222-3333-4444-555555555555';

describe('mailctl providers setup', () => {
  it('without a terminal gives the steps, the pages to open and the command to type', async () => {
    const home = await newHome();
    const [text, json] = await Promise.all([
      run(['providers', 'setup', 'google'], { home }),
      run(['providers', 'setup', 'google', '--json'], { home }),
    ]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^ 1\. Make a project/);
    expect(text.stdout).toContain('\n    https://console.cloud.google.com/auth/clients\n');
    expect(text.stdout).toMatch(/\n {4}mailctl login you@gmail\.com --client-file FILE\.json\n$/);
    expect(json.rows.at(-1)).toEqual({
      type: 'step',
      number: json.rows.length,
      text: 'Log in.',
      url: null,
      command: 'mailctl login you@gmail.com --client-file FILE.json',
    });
  });

  it.each(providers.map((one) => [one.id, one] as const))('of %s ends with a login', (_, one) => {
    expect(setupSteps(one).length).toBeGreaterThan(0);
    expect(loginCommand(one)).toMatch(/^mailctl login you@\S+( --[a-z-]+ \S+)*$/);
  });

  it('at a terminal asks for the client until it is one, and logs in with it', async () => {
    const { home } = await prepare({
      provider: 'microsoft',
      server: (needs) => {
        const usual = families.microsoft(needs);
        const clients = usual.clients?.map((one) => ({ ...one, client_id: clientId })) ?? [];
        return { ...usual, clients };
      },
      imap: { capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2' },
      client: false,
      revokes: false,
      rotates: true,
    });
    const setup = startInTerminal(['providers', 'setup', 'microsoft', address], { home });
    await setup.waitForStdout(/Client id: /);
    setup.type('my client');
    await setup.waitForStdout(/that is no client id of Outlook\.com[\s\S]*Client id: /);
    setup.type(clientId);
    const [, url = ''] = await setup.waitForStdout(/^ {2}(http:\S+)\r?$/m);
    expect(new URL(url).searchParams.get('client_id')).toBe(clientId);
    await approve(url, { login: address, decision: 'allow' });
    const { code, stdout } = await setup.result;
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('logged in'),
    });
    const config = readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8');
    expect(config).toContain(`client_id = "${clientId}"`);
    expect((await run(['list', '--json'], { home })).rows).toHaveLength(3);
  });
});
