/** A mailbox name as IMAP writes it (RFC 3501 §5.1.3): Gmail's labels are spelled so, too. */
export function modifiedUtf7(text: string): string {
  return text.replaceAll(/&|[^\x20-\x7e]+/g, (piece) => {
    if (piece === '&') return '&-';
    const base64 = Buffer.from(piece, 'utf16le').swap16().toString('base64');
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}
