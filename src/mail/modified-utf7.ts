/** A mailbox name as IMAP writes it (RFC 3501 §5.1.3): Gmail's labels are spelled so, too. */
export function modifiedUtf7(text: string): string {
  return text.replaceAll(/&|[^\x20-\x7e]+/g, (piece) => {
    if (piece === '&') return '&-';
    const base64 = Buffer.from(piece, 'utf16le').swap16().toString('base64');
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}

/** What such a name says; as it is where it is none. */
export function fromModifiedUtf7(name: string): string {
  return name.replaceAll(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) => {
    if (base64 === '') return '&';
    const bytes = Buffer.from(base64.replaceAll(',', '/'), 'base64');
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}
