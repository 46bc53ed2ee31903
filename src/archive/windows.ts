/** How much is asked for at once: enough that round trips cost little, little enough for memory. */
const maxMessages = 200;
const maxBytes = 2 << 20;

interface Sized {
  readonly sizeBytes: number;
}

/**
 * Cut a list of messages into runs that are fetched, stored and remembered together. One larger
 * than a window stands alone.
 */
export function* windows<T extends Sized>(messages: readonly T[]): Generator<readonly T[]> {
  let window: T[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (
      window.length === maxMessages ||
      (window.length > 0 && bytes + message.sizeBytes > maxBytes)
    ) {
      yield window;
      window = [];
      bytes = 0;
    }
    window.push(message);
    bytes += message.sizeBytes;
  }
  if (window.length > 0) yield window;
}

/** Whether a message is streamed to the disk by itself. */
export function isLarge({ sizeBytes }: Sized): boolean {
  return sizeBytes > maxBytes;
}
