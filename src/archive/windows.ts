/** How much is asked for at once: enough that round trips cost little, little enough for memory. */
const maxMessages = 200;
const maxBytes = 2 << 20;

interface Sized {
  readonly sizeBytes: number;
}

/** Messages that are fetched, stored and remembered together. */
export interface Window extends Sized {
  readonly uids: readonly number[];
}

/** Cut a list of messages into windows. One larger than a window stands alone. */
export function* windows(messages: Iterable<Sized & { readonly uid: number }>): Generator<Window> {
  let uids: number[] = [];
  let bytes = 0;
  for (const { uid, sizeBytes } of messages) {
    if (uids.length === maxMessages || (uids.length > 0 && bytes + sizeBytes > maxBytes)) {
      yield { uids, sizeBytes: bytes };
      uids = [];
      bytes = 0;
    }
    uids.push(uid);
    bytes += sizeBytes;
  }
  if (uids.length > 0) yield { uids, sizeBytes: bytes };
}

/** Whether a message is streamed to the disk by itself. */
export function isLarge({ sizeBytes }: Sized): boolean {
  return sizeBytes > maxBytes;
}
