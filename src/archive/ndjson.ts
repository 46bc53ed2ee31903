import { measured } from './content.ts';
import { decodeWords } from './header.ts';
import type { MessageToStore, OpenSink, Place, Sink, StoredPlace } from './sink.ts';

/** Larger messages are told without their text: parsing them would take several times their size. */
const maxParsedBytes = 16 << 20;

/** Each message as one JSON object on stdout: its header, its text, its bytes if asked for. */
export const ndjson: Sink = async (place) =>
  ({
    async storedUids() {
      return []; // what has been printed only the memory knows
    },
    store: (message) => print(message, place),
    settle: async () => [],
  }) satisfies OpenSink;

async function print(message: MessageToStore, place: Place): Promise<StoredPlace> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const { content, fingerprint } = measured(message.content, { keepRaw: true });
  for await (const { raw } of content) {
    sizeBytes += raw.byteLength;
    pieces.push(raw);
  }
  const bytes = Buffer.concat(pieces);
  const { headers, text } = await parse(bytes);
  await place.print({
    type: 'mail',
    account: place.labels.account,
    folder: place.labels.folder,
    uidValidity: place.uidValidity,
    uid: message.uid,
    date: message.internalDate?.toISOString() ?? null,
    flags: message.flags,
    sizeBytes,
    ...message.ids,
    labels: message.ids.labels ?? [],
    headers,
    text,
    source: place.withSource ? bytes.toString('base64') : null,
  });
  return { path: null, sizeBytes, fingerprint: fingerprint() };
}

interface Parsed {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly text: string | null;
}

async function parse(bytes: Buffer): Promise<Parsed> {
  // A library for MIME and its charsets: the fetching of mail is ours, the reading of it is not.
  const { default: PostalMime } = await import('postal-mime');
  const cut = bytes.length > maxParsedBytes ? bytes.subarray(0, 1 << 20) : bytes;
  try {
    const { headers, text } = await PostalMime.parse(cut, { maxNestingDepth: 50 });
    const pairs = headers.map(({ originalKey, value }) => ({
      name: originalKey,
      value: decodeWords(value),
    }));
    return { headers: pairs, text: cut === bytes ? (text ?? null) : null };
  } catch {
    return { headers: [], text: null }; // no MIME reader takes everything; the source is exact
  }
}
