import type { Keychain } from './system.ts';

/**
 * A keychain for secrets longer than one of its entries can be: Windows takes 2,560 bytes. A long
 * secret becomes a header under its key and parts beside it.
 *
 * Parts are written under one of two alternating names, then the header that points at them, then
 * the parts of the other name go: at any crash the header names parts that are whole, and what an
 * unfinished write left is overwritten or removed by the next.
 */
export function inParts(keychain: Keychain, maxBytes: number): Keychain {
  const partKey = (key: string, side: Side, index: number) => `${key} part ${side}${index}`;
  // The last part first: what a crash leaves must have no gap, or the rest would never be found.
  const removeParts = async (key: string, side: Side, from: number) => {
    let end = from;
    while ((await keychain.get(partKey(key, side, end))) !== null) end++;
    for (let index = end - 1; index >= from; index--) {
      await keychain.delete(partKey(key, side, index));
    }
  };
  return {
    async get(key) {
      const first = await keychain.get(key);
      const header = first === null ? null : parseHeader(first);
      if (header === null) return first;
      const parts: string[] = [];
      for (let index = 0; index < header.count; index++) {
        const part = await keychain.get(partKey(key, header.side, index));
        if (part === null) return null; // a part is gone: there is no secret any more
        parts.push(part);
      }
      return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64'))).toString();
    },
    async set(key, secret) {
      const old = await keychain.get(key);
      const oldHeader = old === null ? null : parseHeader(old);
      const bytes = Buffer.from(secret);
      if (bytes.length <= maxBytes && parseHeader(secret) === null) {
        await keychain.set(key, secret);
        for (const side of sides) await removeParts(key, side, 0);
        return;
      }
      const side = oldHeader?.side === 'a' ? 'b' : 'a';
      // base64 keeps a part from ending in the middle of a character.
      const partBytes = Math.floor((maxBytes * 3) / 4 / 3) * 3;
      const count = Math.ceil(bytes.length / partBytes);
      for (let index = 0; index < count; index++) {
        const part = bytes.subarray(index * partBytes, (index + 1) * partBytes);
        await keychain.set(partKey(key, side, index), part.toString('base64'));
      }
      await keychain.set(key, formatHeader({ side, count }));
      await removeParts(key, side, count);
      await removeParts(key, side === 'a' ? 'b' : 'a', 0);
    },
    async delete(key) {
      const removed = await keychain.delete(key);
      for (const side of sides) await removeParts(key, side, 0);
      return removed;
    },
  };
}

const sides = ['a', 'b'] as const;
type Side = (typeof sides)[number];

interface Header {
  readonly side: Side;
  readonly count: number;
}

function formatHeader({ side, count }: Header): string {
  return `mailctl-parts 1 ${side} ${count}`;
}

function parseHeader(text: string): Header | null {
  const [, side, count] = /^mailctl-parts 1 ([ab]) (\d{1,6})$/.exec(text) ?? [];
  if (count === undefined || (side !== 'a' && side !== 'b')) return null;
  return { side, count: Number(count) };
}
