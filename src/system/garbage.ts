import { setFlagsFromString } from 'node:v8';
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
