import { UidSet } from '../uid-set.ts';
import type { IndexEntry } from './index-file.ts';
import type { MailboxArchive } from './mailbox-archive.ts';
import { undescribed } from './undescribed.ts';

/** What the server says of a message that may be stored already. */
export interface Unrecognised {
  readonly uid: number;
  /** RFC822.SIZE. */
  readonly sizeBytes: number | null;
  readonly emailId: string | null;
  readonly headerDigest: string;
  readonly messageId: string | null;
}

/**
 * The stored messages of a mailbox, to be found again under other UIDs: by the server's own id of
 * the message (OBJECTID, Gmail) and its Message-ID, or by Message-ID, size and the whole header. An
 * id alone is not enough: a server that was made anew may have begun to count from 1 again. Each is
 * found once: of two messages that are alike there are two here, too.
 */
export class Recognition {
  readonly #byEmailId = new Map<string, IndexEntry[]>();
  readonly #byHeader = new Map<string, IndexEntry[]>();
  readonly #taken = new Set<IndexEntry>();

  constructor(entries: Iterable<IndexEntry>) {
    for (const entry of entries) {
      if (entry.emailId !== null) put(this.#byEmailId, entry.emailId, entry);
      put(this.#byHeader, headerKey(entry), entry);
    }
  }

  /** What is stored under `formerUidValidity`, also by a mailctl that kept no index. */
  static async of(archive: MailboxArchive, formerUidValidity: number): Promise<Recognition> {
    const rows = (await archive.loadIndex()).get(formerUidValidity) ?? new Map();
    // What was put away as gone is not here: if the server has it, it comes again.
    const gone = archive.state?.gone ?? UidSet.empty;
    const entries: IndexEntry[] = [...rows.values()].filter(({ uid }) => !gone.has(uid));
    entries.push(...(await undescribed(archive, formerUidValidity, rows)));
    return new Recognition(entries);
  }

  /** The stored message this one is, or null. */
  find(message: Unrecognised): IndexEntry | null {
    const { emailId, sizeBytes, messageId } = message;
    const named = (emailId === null ? [] : (this.#byEmailId.get(emailId) ?? [])).filter(
      (entry) => messageId !== null && entry.messageId === messageId,
    );
    const alike = (this.#byHeader.get(headerKey(message)) ?? []).filter(
      (entry) =>
        entry.serverBytes === null || sizeBytes === null || entry.serverBytes === sizeBytes,
    );
    const found = [...named, ...alike].find((entry) => !this.#taken.has(entry));
    if (found === undefined) return null;
    this.#taken.add(found);
    return found;
  }
}

function headerKey(of: Pick<Unrecognised, 'headerDigest' | 'messageId'>): string {
  return `${of.headerDigest} ${of.messageId ?? ''}`;
}

function put(map: Map<string, IndexEntry[]>, key: string, entry: IndexEntry): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [entry]);
  else there.push(entry);
}
