import { errorCode, errorText, Failure } from '../errors.ts';

/** What the disk refuses ends the run: the next message would fare no better. */
export async function written<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw notWritten(path, error);
  }
}

export function notWritten(path: string, error: unknown): Failure {
  const hint = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')
    ? 'make room, then run the same command again: what was stored is kept'
    : undefined;
  return new Failure('archive', `cannot write ${path}: ${errorText(error)}`, {
    hint,
    cause: error,
  });
}
