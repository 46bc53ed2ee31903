import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';

// The bundle that is shipped: dist/mailctl.js and what it loads only when a verb needs it. Native
// modules stay outside; they are the only runtime dependencies.
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
/**
 * commander loads node:child_process for subcommands that are programs of their own. mailctl has
 * none, and loading it is a fifth of the time `mailctl --help` takes.
 */
const withoutChildProcess = {
  name: 'commander-without-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]node_modules[\\/]commander[\\/]/.test(importer)
        ? { path: 'child_process', namespace: 'absent' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {}' }));
  },
};

const options = {
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  plugins: [withoutChildProcess],
  define: { MAILCTL_VERSION: JSON.stringify(version), 'import.meta.url': 'moduleUrl' },
  external: ['keytar', 'fs-native-extensions'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  write: false,
};

// Each program is bundled by itself: what two of them share would become one file more to load.
const programs = ['src/mailctl.ts', 'src/renewal-process.ts', 'src/system/keychain-process.ts'];
const builds = await Promise.all(
  programs.map((program) => build({ ...options, entryPoints: [program] })),
);
/**
 * Node starts CommonJS in two thirds of the time of ES modules, but esbuild splits only the latter:
 * so each file is turned around afterwards, and nothing but the bundle knows.
 */
const commonJs = {
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  supported: { 'dynamic-import': false },
};
const moduleUrl = "const moduleUrl=require('node:url').pathToFileURL(__filename).href;";
mkdirSync('dist', { recursive: true });
writeFileSync('dist/package.json', '{"type":"commonjs"}\n');
for (const { path, text } of builds.flatMap(({ outputFiles }) => outputFiles)) {
  const banner = /\bmoduleUrl\b/.test(text) ? moduleUrl : '';
  const { code } = await transform(text, { ...commonJs, banner });
  writeFileSync(path, code);
}
const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const outputs = builds.flatMap(({ metafile }) => Object.keys(metafile.outputs));

// The licences of everything inside the bundle travel with it.
const packages = new Set(
  inputs
    .map((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0])
    .filter((path) => path !== undefined),
);
const licences = [...packages].sort().map((path) => {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(path, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
// A file of an older build goes last: a command that is running may be about to load it.
const made = new Set([
  ...outputs.map((path) => basename(path)),
  ...['LICENSES.txt', 'help.txt', 'man', 'package.json'],
]);
for (const name of readdirSync('dist')) {
  if (!made.has(name)) rmSync(join('dist', name), { recursive: true });
}
const separator = `\n${'-'.repeat(80)}\n\n`;
writeFileSync('dist/LICENSES.txt', licences.join(separator));

/** What `mailctl help` says, of itself or of a verb. */
function helpOf(...verb) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/mailctl.js', 'help', ...verb],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`mailctl help ${verb}: ${stderr}`);
  return stdout;
}

const help = helpOf();
writeFileSync('dist/help.txt', help);

// The man pages say what --help says.
const { outputFiles } = await build({ ...options, entryPoints: ['src/commands/man-page.ts'] });
const source = `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`;
const { manPage } = await import(source);
const [, list = ''] = /\nCommands:\n(.*?)\n\n/s.exec(help) ?? [];
const verbs = [...list.matchAll(/^ {2}([a-z][\w-]*).*? {2,}(\S.*)$/gm)]
  .map(([, name, summary]) => ({ name, summary }))
  .filter(({ name }) => name !== 'help');
mkdirSync('dist/man', { recursive: true });
const pages = [
  {
    name: 'mailctl',
    summary: 'fetch, list and search mail, logged in by OAuth',
    help,
    seeAlso: verbs.map(({ name }) => `mailctl-${name}`),
  },
  ...verbs.map(({ name, summary }) => ({
    name: `mailctl-${name}`,
    summary,
    help: helpOf(name),
    seeAlso: ['mailctl'],
  })),
];
for (const page of pages) {
  writeFileSync(`dist/man/${page.name}.1`, manPage({ ...page, version }));
}
