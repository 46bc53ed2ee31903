import { fileURLToPath } from 'node:url';
import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { System } from '../system/system.ts';
import type { Renewal } from './access-token.ts';
import type { RenewalStage } from './renewal.ts';
import { parseRenewalMessage, type RenewalRequest } from './renewal-protocol.ts';
import type { Grant } from './token-set.ts';
import type { TokenStore } from './token-store.ts';

const readingMs = { interactive: 60_000, unattended: 5_000 } as const;
const storingMs = 30_000;

/**
 * Renew in a process of its own session, which goes on when this one is killed, hung up or
 * cancelled: from the moment the provider has consumed the old refresh token until the new one is
 * stored, nothing that happens to the command can lose the login.
 */
export function renewalInOwnProcess(
  account: Account,
  store: TokenStore,
  config: string,
  system: System,
): Renewal {
  return async ({ refused, minValidMs = 0 }) => {
    const request: RenewalRequest = {
      config,
      account: account.name,
      refused: refused ?? null,
      minValidMs,
      storeSecret: (await store.secret())?.toString('base64') ?? null,
    };
    return follow(request, account, system);
  };
}

async function follow(
  request: RenewalRequest,
  account: Account,
  { env, stdin, signal }: System,
): Promise<Grant> {
  // Most runs find a fresh token and come here only to be ready.
  const { spawn } = await import('node:child_process');
  const { createInterface } = await import('node:readline');
  const program = fileURLToPath(new URL('./renewal-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...env },
    detached: true,
  });
  let giveUp: (failure: Failure) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  let timer: NodeJS.Timeout | undefined;
  const limit = (ms: number, beforeGivingUp: () => void) => {
    timer = setTimeout(() => {
      beforeGivingUp();
      giveUp(
        new Failure('store', 'the token store did not answer in time', {
          hint: 'a prompt may be waiting for you on the desktop; answer it and try again',
        }),
      );
    }, ms);
  };
  let stage: RenewalStage = 'reading';
  const follows = (next: RenewalStage) => {
    stage = next;
    clearTimeout(timer);
    // Before anything was redeemed nothing is lost by ending a keychain that hangs; afterwards the
    // process is left alone with it.
    const readMs = stdin.isTTY ? readingMs.interactive : readingMs.unattended;
    if (next === 'reading') limit(readMs, () => child.kill('SIGKILL'));
    if (next === 'storing') limit(storingMs, () => {});
  };
  child.once('error', (error) => giveUp(new Failure('store', error.message, { cause: error })));
  signal.addEventListener('abort', () => giveUp(new Failure('cancelled', 'cancelled')));
  const answered = async (): Promise<Grant> => {
    for await (const line of createInterface({ input: child.stdout })) {
      const message = parseRenewalMessage(line);
      if (message === null) continue;
      if ('grant' in message) return message.grant;
      if ('failure' in message) throw message.failure;
      follows(message.stage);
    }
    throw new Failure('store', `the renewal of ${account.name} broke off while ${stage}`, {
      hint: 'try again',
    });
  };
  child.stdin.on('error', () => {}); // a child that died early is seen by its missing answer
  child.stdin.end(JSON.stringify(request));
  try {
    return await Promise.race([answered(), stopped]);
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
    child.unref();
  }
}
