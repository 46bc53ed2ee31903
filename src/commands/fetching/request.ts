import type { Layout } from '../../archive/folder-path.ts';
import type { Format } from '../../archive/formats.ts';
import type { LineEndings } from '../../archive/sink.ts';
import type { Expression } from '../../mail/search-expression.ts';
import type { UidSet } from '../../uid-set.ts';

/** What one run of `mailctl fetch` is asked to do. */
export interface FetchRequest {
  /** Names, globs, or special uses such as `\Sent`. */
  readonly folders: readonly string[];
  readonly allFolders: boolean;
  readonly exclude: readonly string[];
  readonly format: Format;
  readonly layout: Layout;
  readonly lineEndings: LineEndings;
  readonly nameTemplate: string | null;
  readonly command: string | null;
  readonly withSource: boolean;
  readonly selection: Selection;
  readonly portion: 'whole' | 'header';
  readonly dryRun: boolean;
  /** Also what is stored already. */
  readonly refetch: boolean;
  /** Follow the server: flags, and what is gone. */
  readonly mirror: { readonly prune: boolean } | null;
  readonly afterwards: Afterwards;
  readonly connections: number;
}

/** Which of a folder's messages are wanted; all of it null for every one. */
export interface Selection {
  readonly expression: Expression | null;
  readonly uids: UidSet | null;
  /** The newest so many of those not stored yet. */
  readonly limit: number | null;
  readonly maxSizeBytes: number | null;
}

/** What happens on the server to messages that are stored. */
export interface Afterwards {
  readonly markSeen: boolean;
  readonly moveTo: string | null;
  readonly delete: boolean;
}

export function changesServer({ markSeen, moveTo, delete: remove }: Afterwards): boolean {
  return markSeen || moveTo !== null || remove;
}

/** Whether every message of a folder is wanted, so that a pass can end with "all of it is stored". */
export function wantsAll({ expression, uids, limit, maxSizeBytes }: Selection): boolean {
  return expression === null && uids === null && limit === null && maxSizeBytes === null;
}

/** INBOX is INBOX in whatever case (RFC 9051 §5.1). */
export function isSameFolder(one: string, other: string): boolean {
  return one === other || [one, other].every((name) => name.toUpperCase() === 'INBOX');
}
