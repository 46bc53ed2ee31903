/**
 * Everything mailctl throws on purpose is a Failure with a kind; anything else is a bug.
 * The numbers follow sysexits(3), which cron, systemd and mail tools already know.
 */
const kinds = {
  incomplete: {
    exitCode: 1,
    meaning: 'finished, but some messages could not be fetched (each is named)',
  },
  usage: { exitCode: 64, meaning: 'the command line is wrong' },
  data: { exitCode: 65, meaning: 'our own state or a stored token cannot be read' },
  'not-found': { exitCode: 66, meaning: 'no such mailbox or message' },
  refused: { exitCode: 69, meaning: 'the server refuses for good (IMAP off, no usable mechanism)' },
  bug: { exitCode: 70, meaning: 'a bug in mailctl' },
  store: { exitCode: 71, meaning: 'the keychain or token store is unavailable or locked' },
  archive: { exitCode: 74, meaning: 'cannot write the archive or the output' },
  temporary: { exitCode: 75, meaning: 'temporary (network, throttled, server busy): try again' },
  protocol: {
    exitCode: 76,
    meaning: 'the server broke the protocol, or its certificate is not trusted',
  },
  login: { exitCode: 77, meaning: 'a login is needed' },
  config: { exitCode: 78, meaning: 'the config is missing or wrong' },
  cancelled: { exitCode: 130, meaning: 'cancelled (Ctrl-C; 143 for SIGTERM, 129 for SIGHUP)' },
} as const;

export type FailureKind = keyof typeof kinds;

export function isFailureKind(value: unknown): value is FailureKind {
  return typeof value === 'string' && Object.hasOwn(kinds, value);
}

/** What a script can rely on: every exit code mailctl ends with, and what it means. */
export const exitCodes: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: 0, meaning: 'done, also when there was nothing new' },
  ...Object.values(kinds).map(({ exitCode, meaning }) => ({ code: exitCode, meaning })),
];

/** The exit codes of a command that ends well, by a bug, or in one of these ways. */
export function endingCodes(endings: readonly FailureKind[]): typeof exitCodes {
  const codes = [0, kinds.bug.exitCode, ...endings.map((kind) => kinds[kind].exitCode)];
  return exitCodes.filter(({ code }) => codes.includes(code));
}

export interface FailureDetails {
  /** The command to type, or the thing to do, that gets the person out. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** How long whoever refused asks to wait, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What else has failed. All are told, this one last: its exit code is the one that counts. */
  readonly others?: readonly Failure[] | undefined;
  /** The message has several lines, and no text of a server's, which could pass for one of ours. */
  readonly inLines?: boolean | undefined;
}

interface FailureChange extends Pick<FailureDetails, 'others'> {
  readonly message?: string | undefined;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly hint: string | null;
  readonly retryAfterMs: number | null;
  readonly others: readonly Failure[];
  readonly inLines: boolean;

  /** `message` is one sentence for a person, without the final full stop. */
  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.others = details.others ?? [];
    this.inLines = details.inLines ?? false;
  }

  /** The same failure, told otherwise or with others. */
  with({ message = this.message, others = [] }: FailureChange): Failure {
    return new Failure(this.kind, message, {
      hint: this.hint ?? undefined,
      cause: this.cause,
      retryAfterMs: this.retryAfterMs ?? undefined,
      others: [...this.others, ...others],
      inLines: this.inLines,
    });
  }

  get exitCode(): number {
    return kinds[this.kind].exitCode;
  }
}

/** The `code` of a Node or library error (ENOENT, ECONNREFUSED …), null where there is none. */
export function errorCode(error: unknown): string | null {
  const code = errorField(error, 'code');
  return code === quotaCode ? 'EDQUOT' : code;
}

/** Node has no name for a quota that is used up; errno(3) of Linux, and of macOS and the BSDs. */
const quotaCode = `Unknown system error -${process.platform === 'linux' ? 122 : 69}`;

/** A string field of an error of unknown shape, null where there is none. */
export function errorField(error: unknown, field: string): string | null {
  if (typeof error !== 'object' || error === null || !(field in error)) return null;
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : null;
}

/** The text of anything thrown. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(`${quotaCode}: ${quotaCode}`, 'EDQUOT: the quota is used up');
}
