import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../errors.ts';

/** A provider that is only busy is asked so often, with pauses that grow. */
const maxAttempts = 3;

/** Try again what is only temporary, with growing, jittered pauses, as long as the budget lasts. */
export async function patiently<T>(request: () => Promise<T>, budgetMs: number): Promise<T> {
  const giveUpAt = performance.now() + budgetMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const temporary = error instanceof Failure && error.kind === 'temporary';
      if (!temporary || attempt === maxAttempts) throw error;
      const pauseMs = error.retryAfterMs ?? 500 * 2 ** attempt * (0.5 + Math.random());
      if (performance.now() + pauseMs > giveUpAt) throw error;
      await wait(pauseMs);
    }
  }
}
