import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

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
  define: { MAILCTL_VERSION: JSON.stringify(version) },
  external: ['keytar', 'fs-native-extensions'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  banner: {
    // CommonJS inside the bundle calls require() for Node's own modules.
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
};

// Each program is bundled by itself: what two of them share would become one file more to load.
const programs = ['src/mailctl.ts', 'src/renewal-process.ts', 'src/system/keychain-process.ts'];
const builds = await Promise.all(
  programs.map((program) => build({ ...options, entryPoints: [program] })),
);
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
const made = new Set([...outputs.map((path) => basename(path)), 'LICENSES.txt', 'help.txt']);
for (const name of readdirSync('dist')) if (!made.has(name)) rmSync(join('dist', name));
const separator = `\n${'-'.repeat(80)}\n\n`;
writeFileSync('dist/LICENSES.txt', licences.join(separator));

const help = spawnSync(process.execPath, ['bin/mailctl.js', 'help'], { encoding: 'utf8' });
if (help.status !== 0) throw new Error(`mailctl help: ${help.stderr}`);
writeFileSync('dist/help.txt', help.stdout);
