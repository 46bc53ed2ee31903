import { cpus, loadavg, totalmem } from 'node:os';
import type { Judged } from './bars.ts';
import { corpora } from './corpora.ts';
import { linkNames } from './options.ts';
import { modes, type Peer } from './peers/peer.ts';
import type { Results } from './results.ts';

/** Where and when, as every figure depends on it. */
export function machineLine(now: Date, loadBefore: number): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = `${loadBefore.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} at the end`;
  return `${now.toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, ${memory} GB, Node ${process.versions.node}, load ${load}`;
}

/** Wall seconds, a row for each thing to do, a column for each program. */
export function wallTable(results: Results, peers: readonly Peer[]): string {
  const rows = rowsOf(results, peers).map(({ label, cells }) => [
    label,
    ...cells.map((cell) => {
      if (cell === null) return '–';
      const trips = cell.traffic === null ? '' : `, ${Math.round(cell.traffic.roundTrips)} RT`;
      return `${seconds(cell.wallSeconds)}${trips}`;
    }),
  ]);
  return markdown(['', ...peers.map(({ name }) => name)], rows);
}

/** Everything that was measured, a row for each program and thing to do. */
export function detailTable(results: Results, peers: readonly Peer[]): string {
  const rows = rowsOf(results, peers).flatMap(({ label, cells }) => {
    const ours = cells[peers.findIndex(({ name }) => name === 'mailctl')];
    return cells.flatMap((cell, index) => {
      if (cell === null) return [];
      const ratio = ours ? `${(ours.wallSeconds / cell.wallSeconds).toFixed(2)}` : '–';
      const { traffic } = cell;
      return [
        [
          ...[label, peers[index]?.name ?? '', seconds(cell.wallSeconds), ratio],
          ...[cell.cpuSeconds.toFixed(2), cell.peakMb.toFixed(0)],
          traffic === null ? '–' : (traffic.bytes / 1e6).toFixed(traffic.bytes < 1e6 ? 3 : 1),
          traffic === null ? '–' : String(Math.round(traffic.roundTrips)),
          traffic === null ? '–' : String(traffic.connections),
          String(cell.runs),
        ],
      ];
    });
  });
  const heads = ['', 'program', 'wall s', 'mailctl ÷ it', 'CPU s', 'peak MB', 'wire MB'];
  return markdown([...heads, 'round trips', 'connections', 'runs'], rows);
}

export function barTable(judged: readonly Judged[]): string {
  return markdown(
    ['bar', 'measured', 'at most', ''],
    judged.map(({ what, measured, bar, met }) => [what, measured, bar, met ? 'met' : '**missed**']),
  );
}

function rowsOf(results: Results, peers: readonly Peer[]) {
  return linkNames.flatMap((link) =>
    corpora.flatMap(({ name: corpus }) =>
      modes.flatMap((mode) => {
        const cells = peers.map(({ name: peer }) => results.of({ corpus, link, mode, peer }));
        const label = `${corpus}, ${mode}, ${link}`;
        return cells.every((cell) => cell === null) ? [] : [{ label, cells }];
      }),
    ),
  );
}

function seconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
