// Apart from tls.ts, as the config is read where no connection is made: node:tls is large.

/** 64 lower-case hex digits of a SHA-256 fingerprint, with or without colons; null for others. */
export function plainFingerprint(text: string): string | null {
  const digits = text.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null;
}
