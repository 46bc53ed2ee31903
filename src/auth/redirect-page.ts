import { createHash } from 'node:crypto';

/** What the person's browser shows at the end of a login. Plain text; it is escaped here. */
export interface Page {
  readonly outcome: 'done' | 'refused' | 'failed' | 'stray';
  readonly title: string;
  readonly lines: readonly string[];
}

const style = `
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6675;--paper:#f4f5f7;--card:#fff;--edge:#dfe3e8;--accent:#1a7f4b}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebef;--soft:#9aa5b4;--paper:#14171c;--card:#1d2128;--edge:#2e343d;--accent:#4cc38a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{width:100%;max-width:27rem;padding:2.25rem 2.25rem 1.75rem;background:var(--card);border:1px solid var(--edge);border-radius:14px;box-shadow:0 1px 2px rgb(0 0 0/.05),0 12px 32px rgb(0 0 0/.07)}
.mark{display:grid;place-items:center;width:3rem;height:3rem;border-radius:50%;border:2px solid currentColor;color:var(--accent);font-size:1.4rem;line-height:1}
.refused .mark,.stray .mark{color:#b7791f}
.failed .mark{color:#c43d3d}
h1{margin:1.1rem 0 .35rem;font-size:1.4rem;line-height:1.25;letter-spacing:-.01em}
p{margin:.35rem 0;overflow-wrap:anywhere}
p+p{color:var(--soft)}
footer{margin-top:1.6rem;padding-top:.9rem;border-top:1px solid var(--edge);color:var(--soft);font:.82rem ui-monospace,"DejaVu Sans Mono",monospace}
`;

const marks = { done: '✓', refused: '–', failed: '!', stray: '?' } as const;

/** One HTML document that loads nothing: no script, no font, no image. */
export function formatPage({ outcome, title, lines }: Page): string {
  const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)} – mailctl</title>
<style>${style}</style>
</head>
<body class="${outcome}">
<main>
<div class="mark" aria-hidden="true">${marks[outcome]}</div>
<h1>${escapeHtml(title)}</h1>
${paragraphs}
<footer>mailctl</footer>
</main>
</body>
</html>
`;
}

/** Nothing is loaded, framed, kept, or told to another site. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
};

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
