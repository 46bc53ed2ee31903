import type { Corpus } from '../corpora.ts';
import type { Mailbox } from '../mail-server.ts';
import type { Command } from '../measure.ts';

export const modes = ['initial', 'nothing new', '100 new'] as const;
export type Mode = (typeof modes)[number];

/** One thing to fetch for one program, with a place of its own to keep it in. */
export interface Job {
  readonly corpus: Corpus;
  readonly mailbox: Mailbox;
  readonly port: number;
  readonly pop3Port: number | null;
  readonly caFile: string;
  /** Whether the way to the server is long. */
  readonly slow: boolean;
  /** The program's own, kept from the initial run to those after it. */
  readonly directory: string;
}

/** A program that fetches mail. */
export interface Peer {
  readonly name: string;
  readonly about: string;
  /** Whether the quick form has it, too. */
  readonly quick: boolean;
  /** Why it cannot be run on this machine, or null. */
  missing(): string | null;
  /** Why it is not asked to do this, or null. */
  declines(job: Pick<Job, 'corpus' | 'slow'>, mode: Mode): string | null;
  /** Writes what it needs into the directory of the job; run once, before the initial run. */
  prepare(job: Job): void;
  command(job: Job): Command;
  /** Where it keeps the mailboxes, one folder each. */
  mail(job: Job): string;
  /** Takes away what it is known to add to a message. */
  restore(stored: Buffer): Buffer;
  /** Whether bytes that are not the server's are held against the bench, or only told. */
  readonly exact: boolean;
}

export function isOneFolder({ folders }: Corpus): boolean {
  return folders.length === 1;
}
