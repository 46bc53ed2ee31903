/** Secrets by what they are: "refresh token 2". */
export type Secrets = ReadonlyMap<string, string>;

/** Which secrets stand in these bytes: as they are, percent-encoded, in base64 or in hex. */
export function findSecrets(bytes: Buffer | string, secrets: Secrets): string[] {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : bytes;
  return [...secrets]
    .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
    .map(([name]) => name);
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // In base64 a text looks different for each place modulo 3; the characters at its two ends also
  // depend on what stands beside it.
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const middle = encoded.replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, -1);
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), ...base64];
}
