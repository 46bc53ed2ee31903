/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One of many messages, each different. Among them what stores get wrong: no body, no header, line
 * ends of all kinds, 8-bit bytes, lines that begin with "From " or a dot, no line end at the end.
 */
export function variedMessage(index: number): Buffer {
  const random = seededRandom(index);
  const header = `From: bea@example.net\r\nSubject: letter ${index}\r\nMessage-ID: <${index}@example.net>\r\n`;
  const words = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 1e9).toString(36)).join(' ');
  const lines = (count: number, end: string) =>
    Array.from({ length: count }, () => words(8) + end).join('');
  switch (index % 10) {
    case 0:
      return Buffer.from(`${header}\r\n`);
    case 1:
      return Buffer.from(`\r\n${lines(3, '\r\n')}`);
    case 2:
      return Buffer.from(`${header}\r\nFrom me\r\n>From you\r\n.\r\n..\r\n${index}\r\n`);
    case 3:
      return Buffer.from(`${header}\r\n${lines(20, '\n')}`);
    case 4:
      return Buffer.from(`${header}\r\nno line end at the end ${index}`);
    case 5: {
      const bytes = Array.from({ length: 500 }, () => 1 + Math.floor(random() * 255));
      const safe = bytes.filter((byte) => byte !== 0x0d && byte !== 0x0a);
      return Buffer.concat([Buffer.from(`${header}\r\n`), Buffer.from(safe), Buffer.from('\r\n')]);
    }
    case 6:
      return Buffer.from(`${header}\r\n${'long '.repeat(3000)}${index}\r\n`);
    case 7:
      return Buffer.from(`${header}\r\n) OK ${index}\r\n* BYE\r\nA1 OK {10}\r\n"\\\r\n`);
    default:
      return Buffer.from(`${header}\r\n${lines(5 + Math.floor(random() * 60), '\r\n')}`);
  }
}
