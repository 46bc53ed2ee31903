import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

// The bundle that is shipped: dist/mailctl.js and what it loads only when a verb needs it. Native
// modules stay outside; they are the only runtime dependencies.
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
/** What libraries import and never use as mailctl uses them; loading it costs time at each start. */
const needless = [
  // For subcommands that are programs of their own.
  { importer: 'commander', ids: ['node:child_process'] },
  // For its own logger and proxies, and for a way of downloading that decodes.
  {
    importer: 'imapflow',
    ids: ['pino', 'socks', '@zone-eu/mailsplit', '@zone-eu/mailsplit/lib/flowed-decoder.js'],
  },
];
const withoutNeedless = {
  name: 'without-needless',
  resolveId: (id, from = '') =>
    needless.some(({ importer, ids }) => ids.includes(id) && isIn(importer, from))
      ? '\0absent'
      : null,
  load: (id) => (id === '\0absent' ? 'module.exports = {}' : null),
};

/**
 * libmime builds the tables of GBK as soon as it is loaded, to know the decoder of all double byte
 * charsets: a tenth of the time that a command on one mailbox takes. Their class knows it, too.
 */
const withoutTables = {
  name: 'libmime-without-tables',
  transform(code, id) {
    const [, form] = /[\\/]node_modules[\\/]libmime[\\/]dist[\\/](\w+)[\\/]charset\.js$/.exec(id) ?? [];
    if (form === undefined) return null;
    const codec = 'iconv-lite/encodings/dbcs-codec.js';
    const head =
      form === 'esm' ? `import { _dbcs } from '${codec}';` : `const { _dbcs } = require('${codec}');`;
    const tables = /\w+(?:\.default)?\.getCodec\('gbk'\)\.decoder/;
    if (!tables.test(code)) throw new Error(`${id} builds no tables any more`);
    return { code: `${head}\n${code.replace(tables, '_dbcs.prototype.decoder')}`, map: null };
  },
};

/**
 * Character sets, with their tables: a quarter of the time that a short run takes, and most runs
 * need none. Each is a file of its own, loaded by whoever first uses it.
 */
const later = ['libmime', 'iconv-lite', 'encoding-japanese'];
const loadedLater = {
  name: 'loaded-later',
  resolveId(id, from = '') {
    if (/^\.\/later-/.test(id)) return { id, external: true };
    return later.includes(id) && !isIn('libmime', from) ? `\0later:${id}` : null;
  },
  load: (id) =>
    id.startsWith('\0later:')
      ? `module.exports = new Proxy({}, {
          get: (_, name) => Reflect.get(require('./later-${id.slice(7)}.js').default, name),
        });`
      : null,
};

function isIn(name, path) {
  return new RegExp(`[\\\\/]node_modules[\\\\/]${name}[\\\\/]`).test(path);
}

async function bundled(input, format, plugins = [withoutNeedless, loadedLater]) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: ['keytar', 'fs-native-extensions'],
    plugins,
    transform: { target: 'node20', define: { MAILCTL_VERSION: JSON.stringify(version) } },
    preserveEntrySignatures: 'allow-extension', // what the first file shares is not put beside it
    checks: { ineffectiveDynamicImport: false }, // loaded lazily in one program, at once in another
  });
  const made = await bundle.generate(format);
  await bundle.close();
  return made;
}

const shipped = {
  format: 'cjs', // Node starts it in two thirds of the time of ES modules
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  minify: true,
  comments: { legal: false }, // LICENSES.txt has them all
};
// What scripts run most is one file more: opening each of its modules takes longer than reading it.
// The keychain is apart from it, as its process is started first.
const groups = [
  { name: 'mailctl', test: /\0absent$|src[\\/](?:mailctl|system[\\/]system)\.ts$/, priority: 3 },
  { name: 'keychain', test: /src[\\/]system[\\/]keychain\.ts$/, priority: 2 },
  { name: 'token', test: /src[\\/]commands[\\/](?:app|token)\.ts$/, priority: 1 },
];
// Each program is bundled by itself: what two of them share would become one file more to load.
const bundles = await Promise.all([
  bundled('src/mailctl.ts', { ...shipped, codeSplitting: { groups } }),
  bundled('src/renewal-process.ts', shipped),
  bundled('src/system/keychain-process.ts', shipped),
  bundled('src/archive/writing-thread-program.ts', shipped),
  bundled(
    Object.fromEntries(later.map((id) => [`later-${id}`, id])),
    { ...shipped, exports: 'named' },
    [withoutTables],
  ),
]);
const files = bundles.flatMap(({ output }) => output);
mkdirSync('dist', { recursive: true });
writeFileSync('dist/package.json', '{"type":"commonjs"}\n');
for (const { fileName, code } of files) writeFileSync(join('dist', fileName), code);

// The licences of everything inside the bundle travel with it.
const packages = new Set(
  files
    .flatMap(({ moduleIds }) => moduleIds)
    .map((path) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0])
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
  ...files.map(({ fileName }) => fileName),
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
const { output } = await bundled('src/commands/man-page.ts', { format: 'esm' });
const { manPage } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
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
