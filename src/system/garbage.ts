import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Free what is no longer used, now. V8 lets memory grow as long as the machine has some, and what
 * was downloaded and stored would pile up to several times of what is in use. Some 20 ms.
 */
export function collectGarbage(): void {
  // The only way to it without a flag on Node's command line, which a program cannot give itself.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}

/** Half of what V8 takes for new objects, two spaces together, where many come. */
const maxNewBytes = 16 << 20;

/**
 * Keep the space for new objects from growing once it is large enough: V8 doubles it while some of
 * them live on, as messages on their way to the disk do, and never gives it back. Gives whether it
 * is: until then it is to be called often, as it cannot be made smaller.
 */
export function boundNewObjects(): boolean {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (space === undefined || space.space_size < maxNewBytes) return false;
  setFlagsFromString('--semi-space-growth-factor=1'); // looked at each time it would grow
  return true;
}
