import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyMissing } from '../support/machine.ts';
import { judge } from './bars.ts';
import { type Checked, checkBytes } from './check.ts';
import { directLink, type Link, startDelayingLink } from './link.ts';
import { type Mailbox, type MailServer, startMailServer } from './mail-server.ts';
import { measure } from './measure.ts';
import { type LinkName, lines, type Options, type Plan, parseOptions, usage } from './options.ts';
import { curl } from './peers/curl.ts';
import { mailctlPeer } from './peers/mailctl.ts';
import { mbsync, mbsyncWithoutCompress } from './peers/mbsync.ts';
import { mpop } from './peers/mpop.ts';
import { offlineimap } from './peers/offlineimap.ts';
import { type Job, type Mode, modes, type Peer } from './peers/peer.ts';
import { rawPeers } from './peers/raw.ts';
import { Results } from './results.ts';
import { barTable, detailTable, machineLine, wallTable } from './tables.ts';

/**
 * mailctl beside the programs people use today, on one Dovecot over TLS: interleaved runs and their
 * medians, and the bytes of every message compared after each. Exits 1 when a bar is missed or a
 * message is, 64 when the command line is wrong.
 */
const results = new Results();
const notes: string[] = [];
const interrupted = new AbortController();
let wrong = 0;

const options = read(process.argv.slice(2));
if (options !== null) {
  const directory = mkdtempSync(join(tmpdir(), 'mailctl-bench-'));
  // The run that goes on ends first; then servers and files are cleared away.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
  }
  try {
    await bench(options, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function read(args: readonly string[]): Options | null {
  if (args.includes('--help')) {
    console.log(usage);
    return null;
  }
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 64;
    return null;
  }
}

async function bench(options: Options, directory: string): Promise<void> {
  const missing = whyMissing('dovecot');
  if (missing !== null) throw new Error(`there is no bench without a server: ${missing}`);
  const loadBefore = loadavg()[0] ?? 0;
  const peers = choosePeers(options, directory);
  const server = await startMailServer(directory);
  makeFolderOfRuns(directory);
  const links: Readonly<Record<LinkName, Link>> = {
    loopback: directLink(server.port),
    '40 ms': await startDelayingLink(server.port, lines['40 ms']),
    '20 Mbit': await startDelayingLink(server.port, lines['20 Mbit']),
  };
  try {
    const names = new Set(options.plans.map(({ corpus }) => corpus.name));
    for (const name of names) {
      const plans = options.plans.filter(({ corpus }) => corpus.name === name);
      const [first] = plans;
      if (first === undefined) continue;
      say(`${name}: delivering ${first.corpus.about}`);
      const mailbox = await server.fill(first.corpus);
      await readOnce(peers, { server, mailbox, plan: first, directory });
      for (const plan of plans) {
        const link = links[plan.link];
        await measurePlan(plan, { peers, server, mailbox, link, options, directory });
      }
    }
  } finally {
    for (const link of Object.values(links)) await link.close();
    await server.close();
  }
  report(peers, options, loadBefore);
}

function choosePeers({ peers: wanted, quick, profile }: Options, directory: string): Peer[] {
  const all = [
    ...[mailctlPeer(profile), mbsync, mbsyncWithoutCompress],
    ...[...rawPeers(directory), curl, mpop, offlineimap],
  ];
  const called = ({ name }: Peer) => name.replaceAll(',', '');
  const unknown = wanted?.filter((name) => !all.some((peer) => called(peer) === name)) ?? [];
  if (unknown.length > 0) throw new Error(`no such program: ${unknown.join(', ')}`);
  return all
    .filter((peer) => (wanted ? wanted.includes(called(peer)) : peer.quick || !quick))
    .filter((peer) => {
      const why = peer.missing();
      if (why !== null) tell(`${peer.name} was left out: ${why}.`);
      return why === null;
    });
}

interface Context {
  readonly server: MailServer;
  readonly mailbox: Mailbox;
  readonly directory: string;
}

/** A server that reads its mail for the first time is slow: nobody is measured on that. */
async function readOnce(
  peers: readonly Peer[],
  { server, mailbox, plan, directory }: Context & { plan: Plan },
): Promise<void> {
  for (const peer of peers) {
    const context = { server, mailbox, directory, port: server.port, run: 'first' };
    const job = jobFor(peer, plan, context);
    if (peer.declines({ ...job, slow: false }, 'initial') !== null) continue;
    prepare(peer, job);
    await measure(peer.command(job), job.directory);
    return;
  }
}

async function measurePlan(
  plan: Plan,
  context: Context & { peers: readonly Peer[]; link: Link; options: Options },
): Promise<void> {
  const { peers, server, mailbox, link, options, directory } = context;
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const run = `${link.name}-${repeat}`;
    const job = (peer: Peer) =>
      jobFor(peer, plan, { server, mailbox, directory, port: link.port, run });
    const able = (mode: Mode) => (peer: Peer) => {
      const why = peer.declines(job(peer), mode);
      if (why !== null && plan.modes.includes(mode)) {
        tell(`${peer.name} was left out where there is a dash: ${why}.`);
      }
      return why === null;
    };
    // Nobody is always the first.
    const turn = repeat % peers.length;
    const order = [...peers.slice(turn), ...peers.slice(0, turn)];
    // An initial run is needed before the others, whether or not it is asked for.
    const wanted = modes.filter((mode) => mode === 'initial' || plan.modes.includes(mode));
    for (const mode of wanted) {
      const takeAway = mode === '100 new' ? mailbox.deliverNews() : () => {};
      for (const peer of order.filter(able(mode))) {
        interrupted.signal.throwIfAborted();
        if (mode === 'initial') prepare(peer, job(peer));
        await measureOne(plan, mode, { peer, job: job(peer), link }).catch((error: unknown) => {
          tell(error instanceof Error ? error.message : String(error));
          wrong += 1;
        });
      }
      takeAway();
    }
  }
}

/**
 * Every run has a folder of its own, in another part of the disk, and nothing is removed before the
 * end: to make a file, ext4 passes over each one removed near by in the last minutes, and whoever
 * came later would pay for those before (up to 300 µs a file, 35 times what it costs elsewhere).
 */
function makeFolderOfRuns(directory: string): void {
  mkdirSync(runsIn(directory));
  // Spreads the folders below it, as those of a root are. Other file systems need it not.
  spawnSync('chattr', ['+T', runsIn(directory)]);
}

function runsIn(directory: string): string {
  return join(directory, 'runs');
}

function prepare(peer: Peer, job: Job): void {
  mkdirSync(job.directory, { recursive: true });
  peer.prepare(job);
}

async function measureOne(
  plan: Plan,
  mode: Mode,
  { peer, job, link }: { peer: Peer; job: Job; link: Link },
): Promise<void> {
  const what = `${plan.corpus.name}, ${mode}, ${link.name}: ${peer.name}`;
  // What others have left to be written would be waited for by whoever calls fsync next.
  spawnSync('sync');
  link.take();
  const measured = await measure(peer.command(job), job.directory);
  const traffic = link.take();
  const checked = checkBytes(peer.mail(job), job.mailbox.expected, peer.restore);
  if (plan.modes.includes(mode)) {
    results.add(
      { corpus: plan.corpus.name, link: plan.link, mode, peer: peer.name },
      { ...measured, traffic },
    );
  }
  say(`${what}: ${measured.wallSeconds.toFixed(2)} s, ${told(checked)}`);
  if (checked.lost + checked.twice + checked.altered === 0) return;
  tell(`${what}: ${told(checked)}.`);
  if (peer.exact || checked.lost !== checked.altered) wrong += 1;
}

function jobFor(
  peer: Peer,
  { corpus, link }: Plan,
  { server, mailbox, directory, port, run }: Context & { port: number; run: string },
): Job {
  const name = `${corpus.name}-${run}-${peer.name}`.replaceAll(/\W+/g, '-');
  const own = join(runsIn(directory), name);
  const slow = link !== 'loopback';
  const { caFile, pop3Port } = server;
  return { corpus, mailbox, port, pop3Port, caFile, slow, directory: own };
}

function told({ right, lost, twice, altered }: Checked): string {
  const parts = [
    `${right} messages right`,
    lost > 0 ? `${lost} not there` : '',
    twice > 0 ? `${twice} twice` : '',
    altered > 0 ? `${altered} with other bytes` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function report(peers: readonly Peer[], { readme }: Options, loadBefore: number): void {
  const judged = judge(results);
  const short = [
    `${machineLine(new Date(), loadBefore)}.`,
    wallTable(results, peers),
    barTable(judged),
  ].join('\n\n');
  const about = peers.map(({ name, about }) => `- ${name}: ${about}`).join('\n');
  const rest = notes.map((note) => `- ${note}`).join('\n');
  console.log([short, detailTable(results, peers), about, rest].join('\n\n'));
  if (readme) writeReadme(short);
  if (wrong > 0 || judged.some(({ met }) => !met)) process.exitCode = 1;
}

/** Puts the tables between the two marks that stand in the README for them. */
function writeReadme(text: string): void {
  const marked = /(?<=<!-- npm run bench -->\n).*?(?=<!-- end of npm run bench -->)/s;
  const before = readFileSync('README.md', 'utf8');
  if (!marked.test(before)) throw new Error('README.md has no place for the tables');
  writeFileSync(
    'README.md',
    before.replace(marked, () => `\n${text}\n\n`),
  );
}

function tell(note: string): void {
  if (!notes.includes(note)) notes.push(note);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
