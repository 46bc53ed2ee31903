/**
 * Every secret this process has met, so that none of them is ever told: errors and logs go through
 * `redact`, which finds a secret by its value, wherever a server or a library may have put it.
 */
export class Secrets {
  readonly #secrets = new Set<string>();
  /** Made when something is told: most runs tell nothing. */
  readonly #spellings = new Map<string, readonly string[]>();

  /** Remember a secret; returns it. Very short ones are left out: they would blank out words. */
  add(secret: string): string {
    if (secret.length >= 6) this.#secrets.add(secret);
    return secret;
  }

  redact(text: string): string {
    let redacted = text;
    for (const secret of this.#secrets) {
      if (!this.#spellings.has(secret)) this.#spellings.set(secret, spellings(secret));
    }
    const known = [...this.#spellings.values()].flat();
    // Longest first: a short spelling may be a part of a longer one.
    for (const spelling of known.sort((a, b) => b.length - a.length)) {
      redacted = redacted.replaceAll(spelling, '[secret]');
    }
    return redacted;
  }
}

/**
 * As it is, in JSON and in JSON of what was quoted already (an IMAP string in a log), percent-encoded,
 * and in base64 at each of its three alignments.
 */
function spellings(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  const form = new URLSearchParams({ '': wellFormed }).toString().slice('='.length);
  const percent = [encodeURIComponent(wellFormed), form].flatMap((text) => [
    text,
    text.replaceAll(/%../g, (byte) => byte.toLowerCase()),
  ]);
  const encoded = [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    // Characters that also depend on what stands before and after are cut off.
    const start = offset === 0 ? 0 : offset + 1;
    const end = Math.floor((padded.length * 8) / 6);
    const base64 = padded.toString('base64').slice(start, end);
    return [base64, base64.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
  const inJson = quoted(secret);
  return [secret, inJson, quoted(inJson), ...percent, ...encoded].filter(
    (text) => text.length >= 6,
  );
}
