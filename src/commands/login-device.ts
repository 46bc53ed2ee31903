import type { Account } from '../account/account.ts';
import type { OAuthClient } from '../auth/oauth-client.ts';
import type { TokenResponse } from '../auth/token-response.ts';
import type { Credential } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';

export interface DeviceLogin {
  readonly timeoutMs: number;
  readonly accept: (response: TokenResponse) => Promise<Credential>;
}

/** The person types a code into a browser on any device (RFC 8628). */
export async function logInByDevice(
  app: App,
  account: Account,
  client: OAuthClient,
  { timeoutMs, accept }: DeviceLogin,
): Promise<Credential> {
  const { system } = app;
  const device = await client.startDevice();
  const { userCode, verificationUri, verificationUriComplete, expiresInSeconds } = device;
  if (app.output.format === 'json') {
    await app.output.row(
      {
        type: 'device',
        userCode,
        verificationUri: verificationUri.href,
        verificationUriComplete: verificationUriComplete?.href ?? null,
        expiresAt: new Date(system.now().getTime() + expiresInSeconds * 1000).toISOString(),
      },
      null,
    );
  } else {
    app.tell(`To let mailctl read ${account.mailbox}, open on any device`);
    app.tell(`  ${verificationUri.href}`);
    app.tell(`and type the code ${userCode}. Only do so if you started this login yourself.`);
    if (verificationUriComplete !== null && system.stderr.isTTY === true) {
      const { renderUnicodeCompact } = await import('uqr');
      system.stderr.write(`${renderUnicodeCompact(verificationUriComplete.href)}\n`);
    }
  }
  const limitMs = Math.min(timeoutMs, expiresInSeconds * 1000);
  const late = AbortSignal.timeout(limitMs);
  try {
    return await accept(await device.poll(AbortSignal.any([late, system.signal])));
  } catch (error) {
    if (system.signal.aborted || !late.aborted) throw error;
    throw new Failure('temporary', `nobody typed the code within ${Math.round(limitMs / 1000)} s`, {
      hint: 'run mailctl login --device again',
      cause: error,
    });
  }
}
