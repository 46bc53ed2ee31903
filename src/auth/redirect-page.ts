import { createHash } from 'node:crypto';

/** What the person's browser shows at the end of a login. Plain text; it is escaped here. */
export interface Page {
  readonly outcome: 'done' | 'refused' | 'failed' | 'stray';
  readonly title: string;
  readonly lines: readonly string[];
}

const style = `
:root{color-scheme:light dark;--ink:#1b222c;--soft:#5a6573;--paper:#f5f6f8;--card:#fff;--edge:#e1e5ea;--line:#8b96a5;--tone:#1a7f4b}
.refused,.stray{--tone:#a8690f}
.failed{--tone:#c03a3a}
@media (prefers-color-scheme:dark){
:root{--ink:#eceff3;--soft:#a0abb9;--paper:#121519;--card:#1b1f26;--edge:#2c323b;--line:#77828f;--tone:#46c088}
.refused,.stray{--tone:#e0a548}
.failed{--tone:#f08080}
}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{width:100%;max-width:30rem;margin-bottom:6vh;padding:2.5rem 2.75rem 1.5rem;background:var(--card);border:1px solid var(--edge);border-radius:16px;box-shadow:0 1px 2px rgb(0 0 0/.04),0 16px 40px -12px rgb(0 0 0/.12)}
svg{display:block;width:4.5rem;height:3.5rem;margin-left:-.125rem;overflow:visible;fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.envelope{stroke:var(--line)}
.badge{fill:var(--tone);stroke:var(--card);stroke-width:4}
.sign{stroke:var(--card);stroke-width:2.5}
h1{margin:1.5rem 0 .5rem;font-size:1.625rem;font-weight:650;line-height:1.25;letter-spacing:-.012em;text-wrap:balance}
p{margin:0 0 .5rem;overflow-wrap:anywhere;text-wrap:pretty}
p+p{color:var(--soft)}
footer{margin-top:1.75rem;padding-top:1rem;border-top:1px solid var(--edge);color:var(--soft);font-size:.8125rem;line-height:1.5}
@media (max-width:30rem){main{padding:1.75rem 1.5rem 1.25rem}}
`;

/** What is drawn on the badge of the envelope. As lines, since a font may lack the character. */
const signs = {
  done: 'M47 40.5l3.5 3.5 7-7.5',
  refused: 'M47.5 40h9',
  failed: 'M52 34.5v6.5M52 45.25v.1',
  stray: 'M49 37.2a3.1 3.1 0 1 1 4.6 2.9q-1.6.9-1.6 2.1M52 45.75v.1',
} as const;

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
<svg viewBox="0 0 72 56" aria-hidden="true">
<g class="envelope"><rect x="2" y="4" width="52" height="38" rx="5"/><path d="M3.5 8.5l21 16.2a5.7 5.7 0 0 0 7 0l21-16.2"/></g>
<circle class="badge" cx="52" cy="40" r="13"/>
<path class="sign" d="${signs[outcome]}"/>
</svg>
<h1>${escapeHtml(title)}</h1>
${paragraphs}
<footer>This page comes from mailctl, running on this computer.</footer>
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
