import { type Window, windows } from '../../archive/windows.ts';
import type { SizedMessage } from '../../mail/fetch-connection.ts';
import { UidSet } from '../../uid-set.ts';
import type { Download } from './download.ts';
import type { FetchRequest } from './request.ts';

/** Of what is wanted of a mailbox, that which has not come yet. */
export interface LeftToFetch {
  readonly cut: readonly Window[];
  /** How many are larger than what is asked for. */
  readonly tooLarge: number;
  /** What the server has not told the size of. */
  readonly undescribed: UidSet;
}

const usualHeaderBytes = 4096;

export function leftToFetch(
  wanted: UidSet,
  { sizes, came }: Pick<Download, 'sizes' | 'came'>,
  { selection: { maxSizeBytes }, portion }: Pick<FetchRequest, 'selection' | 'portion'>,
): LeftToFetch {
  let tooLarge = 0;
  function* described(): Generator<SizedMessage> {
    for (const uid of [...sizes.keys()].sort((a, b) => a - b)) {
      if (came.has(uid) || !wanted.has(uid)) continue;
      const sizeBytes = sizes.get(uid) ?? 0;
      if (maxSizeBytes !== null && sizeBytes > maxSizeBytes) tooLarge += 1;
      else yield { uid, sizeBytes: portion === 'header' ? usualHeaderBytes : sizeBytes };
    }
  }
  const cut = [...windows(described())];
  return { cut, tooLarge, undescribed: wanted.minus(UidSet.of([...sizes.keys(), ...came])) };
}
