/** What happens to logins, for whoever must account for it. Never a token, a code or a secret. */
export interface AuditEvent {
  readonly event:
    | 'login'
    | 'refresh'
    | 'rotation'
    | 'refresh-failed'
    | 'refresh-refused'
    | 'refresh-token-reused'
    | 'token-refused'
    | 'scope-change'
    | 'subject-change'
    | 'revoke'
    | 'logout'
    | 'store-locked'
    | 'store-moved';
  readonly account: string;
  readonly provider: string;
  /** In words: why, or what was found. */
  readonly reason: string | null;
  /** What to do, for an event that should not have happened; it is logged as a warning. */
  readonly suspicious?: string;
}

export type Audit = (event: AuditEvent) => Promise<void>;
