/** What happened, for whoever looks for it with -v or --log-file. Fields never hold a secret. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** False when nobody would see a debug entry, so that none need be made. */
  readonly debugging: boolean;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export const silentLog: Log = { info() {}, debug() {}, warn() {}, debugging: false };
