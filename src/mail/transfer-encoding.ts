import { Readable, type Transform } from 'node:stream';
import { Decoder as Base64Decoder, decode as decodeBase64 } from 'libbase64';
import { decode as decodeQuotedPrintable, Decoder as QuotedPrintableDecoder } from 'libqp';

/**
 * Content-Transfer-Encoding undone (RFC 2045 §6). What is not in the alphabet of base64 is passed
 * over, a sequence quoted-printable does not know stays as it is, and so does everything in an
 * encoding that has no name here.
 */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Buffer {
  const text = Buffer.from(bytes);
  if (encoding === 'base64') return decodeBase64(text.toString('latin1'));
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(text.toString('latin1'));
  return text;
}

/** The same for what does not fit into memory. */
export async function* decodeTransferStream(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = transferDecoder(encoding);
  if (decoder === null) {
    yield* pieces;
    return;
  }
  const source = Readable.from(pieces);
  source.once('error', (error) => decoder.destroy(error));
  source.pipe(decoder);
  try {
    for await (const piece of decoder) yield piece;
  } finally {
    source.destroy(); // where nobody reads on
  }
}

function transferDecoder(encoding: string): Transform | null {
  if (encoding === 'base64') return new Base64Decoder();
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder();
  return null;
}
