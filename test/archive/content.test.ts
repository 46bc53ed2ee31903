import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerFingerprint, measured } from '../../src/archive/content.ts';

const bytes = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', 'a', 'Message-ID: <1@x>', '\xff'), {
    maxLength: 40,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

async function read(pieces: readonly Buffer[], keepRaw: boolean, streamed: boolean) {
  async function* stream() {
    yield* pieces;
  }
  const { content, fingerprint } = measured(streamed ? stream() : [...pieces], { keepRaw });
  const lf: Uint8Array[] = [];
  const raw: Uint8Array[] = [];
  for await (const piece of content) {
    lf.push(Buffer.from(piece.lf));
    raw.push(Buffer.from(piece.raw));
  }
  return { lf: Buffer.concat(lf), raw: Buffer.concat(raw), ...fingerprint() };
}

describe('the content of a message', () => {
  it('is respelled, kept, and recognised the same, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.nat(60), { maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        async (message, cuts, keepRaw, streamed) => {
          const at = [...new Set([0, ...cuts.filter((cut) => cut < message.length)])].sort(
            (a, b) => a - b,
          );
          const pieces = at.map((from, index) =>
            Buffer.from(message.subarray(from, at[index + 1])),
          );
          const text = message.toString('latin1').replaceAll('\r\n', '\n');
          const result = await read(pieces, keepRaw, streamed);
          expect(result.lf.toString('latin1')).toBe(text);
          if (keepRaw) expect(result.raw.equals(message)).toBe(true);
          expect(result.sizeBytes).toBe(message.length);
          expect(result.digest).toBe(
            createHash('sha256').update(text, 'latin1').digest('base64url'),
          );
          const header = headerFingerprint(message);
          expect(result).toMatchObject(header);
        },
      ),
      { numRuns: 300 },
    );
  });
});
