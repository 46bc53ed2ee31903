/** Deeper and longer than anybody reads; both bound the time a hostile page can take. */
const maxDepth = 400;
const maxLength = 1 << 20;

/** HTML as readable text. Lines are as long as their paragraphs. Nothing it names is fetched. */
export async function htmlToText(html: string): Promise<string> {
  const { convert } = await import('html-to-text');
  const text = convert(html, {
    wordwrap: false,
    limits: { maxInputLength: maxLength, maxDepth, ellipsis: '…' },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
      { selector: 'a[href^="#"]', format: 'anchor', options: { ignoreHref: true } },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
        selector,
        options: { uppercase: false },
      })),
      { selector: 'ul', options: { itemPrefix: ' • ' } },
      { selector: 'blockquote', options: { trimEmptyLines: true } },
    ],
  });
  return text.replaceAll(/\n{3,}/g, '\n\n');
}

/** The charset a page names for itself, where the mail does not (HTML §4.2.5.4). */
export function htmlCharset(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(head)?.[1] ?? null;
}
