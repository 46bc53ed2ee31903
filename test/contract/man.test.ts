import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { verbs } from '../../src/main.ts';
import { type Home, newHome, run, startProgram } from '../support/run.ts';

const root = new URL('../../', import.meta.url);
const pages = ['mailctl', ...verbs.map(({ name }) => `mailctl-${name}`)];

function source(page: string): string {
  return readFileSync(new URL(`dist/man/${page}.1`, root), 'utf8');
}

/** The words of a text, whatever way they are set. */
function words(text: string): string[] {
  return text.split(/[^\p{L}\p{N}$'"{}|*<>[\].…_-]+/u).filter((word) => word !== '');
}

/** The text of a page without roff, but for what stands around the text of the help. */
function pageWords(page: string): string[] {
  const [, body = ''] = /\.SH SYNOPSIS\n(.*)\n\.SH SEE ALSO/s.exec(source(page)) ?? [];
  const text = body
    .replaceAll(/^\.(TP|PP|nf|fi|SH DESCRIPTION)$/gm, '')
    .replaceAll(/^\.(B|SH) /gm, '')
    .replaceAll('\\&', '')
    .replaceAll('\\-', '-')
    .replaceAll('\\e', '\\');
  return words(text);
}

describe('the man pages', () => {
  let home: Home;
  beforeAll(async () => {
    home = await newHome();
  });

  it('are one for mailctl and one for each verb, named in the package', () => {
    expect(manifest.man).toEqual(pages.map((page) => `./dist/man/${page}.1`));
    for (const file of manifest.man)
      expect([file, existsSync(new URL(file, root))]).toEqual([file, true]);
    expect(readdirSync(new URL('dist/man', root)).sort()).toEqual(
      pages.map((page) => `${page}.1`).sort(),
    );
  });

  it.each(pages)('%s says what --help says, word for word', async (page) => {
    const verb = page.slice('mailctl-'.length);
    const { stdout } = await run(verb === '' ? ['--help'] : [verb, '--help'], { home });
    const help = stdout
      .replace(/^Usage: /, '')
      .replaceAll(
        /^(?:Commands|Exit codes|[A-Z][A-Za-z ]*):$/gm,
        (title) =>
          ({ 'Commands:': 'VERBS', 'Exit codes:': 'EXIT STATUS' })[title] ?? title.toUpperCase(),
      );
    expect(pageWords(page)).toEqual(words(help));
  });

  it.skipIf(inject('parts').manPages !== null)(
    'are read by groff without a complaint',
    async () => {
      for (const page of pages) {
        const file = new URL(`dist/man/${page}.1`, root).pathname;
        const args = ['-man', '-Kutf8', '-Tutf8', '-ww', '-z', file];
        const { code, stderr } = await startProgram('groff', args, { home }).result;
        expect([page, code, stderr]).toEqual([page, 0, '']);
      }
    },
  );
});
