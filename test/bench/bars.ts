import { corpora } from './corpora.ts';
import { type LinkName, linkNames } from './options.ts';
import { type Mode, modes } from './peers/peer.ts';
import type { Medians, Results } from './results.ts';

/** One thing mailctl must keep to. */
export interface Judged {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly met: boolean;
}

/** Wall time of mailctl, at most so many times that of another program. */
const ratios: readonly (readonly [string, LinkName, Mode, string, number])[] = [
  ['small', 'loopback', 'initial', 'mbsync', 0.5],
  ['mixed', 'loopback', 'initial', 'mbsync', 0.5],
  ['folders', 'loopback', 'initial', 'mbsync', 0.35],
  ['huge', 'loopback', 'initial', 'mbsync', 0.25],
  ['small', 'loopback', 'initial', 'mbsync, no COMPRESS', 1],
  ['mixed', 'loopback', 'initial', 'mbsync, no COMPRESS', 1],
  ['folders', 'loopback', 'initial', 'mbsync, no COMPRESS', 1],
  ['huge', 'loopback', 'initial', 'mbsync, no COMPRESS', 1],
  ['small', '40 ms', 'initial', 'mbsync', 0.6],
  ['folders', '40 ms', 'initial', 'mbsync', 0.2],
  ['small', '40 ms', 'nothing new', 'mbsync', 1],
  ['folders', '40 ms', 'nothing new', 'mbsync', 0.06],
  ['small', '40 ms', '100 new', 'mbsync', 1],
  ['folders', '40 ms', '100 new', 'mbsync', 0.1],
];
const roundTripsWithoutNews = 7;
const peakMb = 130;
/** Numbers have more digits when there are more messages, and a TLS session ticket varies. */
const sameBytes = 200;

/** What of the bars can be told from these results. */
export function judge(results: Results): Judged[] {
  const ours = (corpus: string, link: LinkName, mode: Mode) =>
    results.of({ corpus, link, mode, peer: 'mailctl' });
  const judged: Judged[] = [];

  for (const [corpus, link, mode, peer, bar] of ratios) {
    const mailctl = ours(corpus, link, mode);
    const other = results.of({ corpus, link, mode, peer });
    if (mailctl === null || other === null) continue;
    const ratio = mailctl.wallSeconds / other.wallSeconds;
    judged.push({
      what: `${corpus}, ${mode}, ${link}: time against ${peer}`,
      measured: `${ratio.toFixed(2)} ×`,
      bar: `${bar} ×`,
      met: ratio <= bar,
    });
  }

  for (const { name } of corpora) {
    const trips = ours(name, '40 ms', 'nothing new')?.traffic?.roundTrips;
    if (trips === undefined) continue;
    judged.push({
      what: `${name}, nothing new, 40 ms: round trips`,
      measured: String(trips),
      bar: String(roundTripsWithoutNews),
      met: trips <= roundTripsWithoutNews,
    });
  }

  const big = ours('big', '40 ms', 'nothing new')?.traffic;
  const empty = ours('empty', '40 ms', 'nothing new')?.traffic;
  if (big && empty) {
    const more = big.bytes - empty.bytes;
    judged.push({
      what: 'big, nothing new, 40 ms: as an empty mailbox',
      measured: `${big.roundTrips - empty.roundTrips} round trips and ${more} bytes more`,
      bar: `0 and ${sameBytes}`,
      met: big.roundTrips === empty.roundTrips && more <= sameBytes,
    });
  }

  const all = corpora.flatMap(({ name }) =>
    linkNames.flatMap((link) =>
      modes.flatMap((mode) => {
        const medians: Medians | null = ours(name, link, mode);
        return medians === null ? [] : [{ what: `${name}, ${mode}, ${link}`, ...medians }];
      }),
    ),
  );
  const worst = all.toSorted((a, b) => b.peakMb - a.peakMb)[0];
  if (worst !== undefined) {
    judged.push({
      what: `memory, most of all at ${worst.what}`,
      measured: `${Math.ceil(worst.peakMb)} MB`,
      bar: `${peakMb} MB`,
      met: worst.peakMb <= peakMb,
    });
  }
  return judged;
}
