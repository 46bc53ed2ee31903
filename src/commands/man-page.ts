/**
 * The man page of a verb, made by the build from the text of its --help, so that the two cannot say
 * different things. The sections of the help become those of the page (man-pages(7)).
 */
export interface ManPage {
  /** `mailctl` or `mailctl-list` */
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  /** What --help prints. */
  readonly help: string;
  readonly seeAlso: readonly string[];
}

const titles: Readonly<Record<string, string>> = {
  'Exit codes': 'EXIT STATUS',
  Commands: 'VERBS',
};

export function manPage({ name, summary, version, help, seeAlso }: ManPage): string {
  const [first = '', ...blocks] = help.trimEnd().split(/\n\n+/);
  const usage = first.replace(/^Usage: /, '').replaceAll(/\s+/g, ' ');
  const pages = seeAlso.map((page) => `.BR ${roff(page)} (1)`);
  return [
    `.TH ${roff(name.toUpperCase())} 1 "" "mailctl ${version}" "User Commands"`,
    `.SH NAME\n${roff(name)} \\- ${roff(summary)}`,
    `.SH SYNOPSIS\n.B ${roff(usage)}`,
    '.SH DESCRIPTION',
    ...blocks.map(section),
    `.SH SEE ALSO\n${pages.join(',\n')}`,
    '',
  ].join('\n');
}

/** A list under its title, or a paragraph. */
function section(text: string): string {
  const lines = text.split('\n');
  const [, title] = /^([A-Z][A-Za-z ]*):$/.exec(lines[0] ?? '') ?? [];
  if (title === undefined) return isInColumns(lines) ? literal(lines) : paragraph(lines);
  const rest = lines.slice(1);
  const isList = /Options|Arguments|Commands|Exit codes/.test(title);
  const body = isList ? entries(rest) : literal(rest);
  return `.SH ${titles[title] ?? title.toUpperCase()}\n${body}`;
}

function isInColumns(lines: readonly string[]): boolean {
  return lines.some((line) => /\S {2,}\S/.test(line));
}

/** Each `  --flag <value>  what it does`, and the lines that go on with the one before. */
function entries(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const [, term, about] = /^ {1,5}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
      if (term === undefined) return roff(line.trim());
      return `.TP\n.B ${roff(term)}${about === undefined ? '' : `\n${roff(about)}`}`;
    })
    .join('\n');
}

function paragraph(lines: readonly string[]): string {
  return ['.PP', ...lines.map((line) => roff(line.trim()))].join('\n');
}

/** As it is, line by line. */
function literal(lines: readonly string[]): string {
  return ['.PP', '.nf', ...lines.map(roff), '.fi'].join('\n');
}

/** Nothing in it is a request or an escape of roff's. */
function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
