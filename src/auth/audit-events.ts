import type { Account } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import type { AuditEvent } from '../system/audit.ts';
import type { TokenNeed } from './access-token.ts';
import { type Credential, type Grant, isFresh } from './token-set.ts';

/** What a renewal has to tell, and what of it should not have happened. */
export function renewalEvents(
  account: Account,
  before: Grant,
  after: Grant,
  { refused }: TokenNeed,
): AuditEvent[] {
  const base = eventBase(account, after);
  const events: AuditEvent[] = [];
  if (refused !== undefined && refused === before.tokens.accessToken) {
    const early = isFresh(before.tokens, after.tokens.obtainedAt);
    events.push({
      ...base,
      event: 'token-refused',
      reason: early ? 'the mail server refused an access token before its time' : 'run out',
      ...(early
        ? { suspicious: 'it may have been revoked; look at the logins at the provider' }
        : {}),
    });
  }
  events.push({ ...base, event: 'refresh', reason: null });
  if (after.rotatedAt !== null && after.previousRefreshToken !== null) {
    events.push({ ...base, event: 'rotation', reason: null });
  }
  return [...events, ...changes(base, before, after)];
}

/** A login over an older one of the same account. */
export function loginEvents(
  account: Account,
  before: Credential | null,
  after: Credential,
): AuditEvent[] {
  const base = eventBase(account, after);
  if (after.kind === 'password') return [{ ...base, event: 'login', reason: 'by a password' }];
  const login: AuditEvent = { ...base, event: 'login', reason: after.tokens.scopes.join(' ') };
  return before?.kind === 'grant' ? [login, ...changes(base, before, after)] : [login];
}

interface Refusal {
  readonly now: Date;
  /** When an earlier renewal was begun that never ended; null in the usual case. */
  readonly cutOff: Date | null;
}

/** A renewal that failed. Only what the provider refuses for good can be suspicious. */
export function refusalEvents(
  account: Account,
  current: Grant,
  error: unknown,
  { now, cutOff }: Refusal,
): AuditEvent[] {
  const base = eventBase(account, current);
  const reason = errorText(error);
  if (!(error instanceof Failure) || error.kind !== 'login') {
    return [{ ...base, event: 'refresh-failed', reason }];
  }
  const early = isFresh(current.tokens, now);
  const refused: AuditEvent = {
    ...base,
    event: 'refresh-refused',
    reason,
    ...(early
      ? { suspicious: 'it was ended before its time; look at the logins at the provider' }
      : {}),
  };
  // The newest of a chain of refresh tokens is refused when an older one was used again (RFC 9700
  // §4.14.2), which after a renewal that was cut off was ourselves.
  const replayed = current.rotatedAt !== null && cutOff === null;
  return replayed ? [refused, { ...base, ...replay(current.rotatedAt) }] : [refused];
}

function replay(rotatedAt: Date) {
  return {
    event: 'refresh-token-reused',
    reason: `the refresh token of ${rotatedAt.toISOString()} is refused though it was never used: the one before it may have been used again`,
    suspicious:
      'unless you ended the login or it has run out, somebody has a copy of it: look at the logins at the provider',
  } as const;
}

export function eventBase(account: Account, credential: Credential) {
  const issuer = credential.kind === 'grant' ? credential.issuer : account.imap.host;
  return { account: account.name, provider: account.provider ?? issuer } as const;
}

/** Who decides on the logins of an account, before anything is known of one. */
export function authority({ provider, login, imap }: Account): string {
  if (provider !== null) return provider;
  return login !== null && 'server' in login ? login.server.issuer : imap.host;
}

function changes(base: ReturnType<typeof eventBase>, before: Grant, after: Grant): AuditEvent[] {
  const events: AuditEvent[] = [];
  const [old, now] = [before.tokens, after.tokens];
  if (old.subject !== null && now.subject !== null && old.subject !== now.subject) {
    events.push({
      ...base,
      event: 'subject-change',
      reason: 'the provider names another person than last time',
      suspicious: 'make sure the mailbox is the one you mean: mailctl status',
    });
  }
  const grown = now.scopes.filter((scope) => !old.scopes.includes(scope));
  const lost = old.scopes.filter((scope) => !now.scopes.includes(scope));
  if (grown.length > 0 || lost.length > 0) {
    const words = [...grown.map((scope) => `+${scope}`), ...lost.map((scope) => `-${scope}`)];
    events.push({
      ...base,
      event: 'scope-change',
      reason: words.join(' '),
      suspicious: 'log in again with the scopes you want: mailctl login',
    });
  }
  return events;
}
