import type { FetchRun } from './fetch-run.ts';
import type { MailboxPass } from './mailbox-pass.ts';

/** What rows name a message by. */
export function naming({ account }: FetchRun, pass: MailboxPass) {
  const uidValidity = pass.archive.state?.uidValidity ?? 0;
  return { account: account.name, folder: pass.status.path, uidValidity };
}
