import { errorCode, errorText, Failure } from '../errors.ts';

/** Thrown when nobody reads any more (`| head -1`): ends the run quietly, with 0. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** Why stdout takes no more: its reader has gone, or the disk is full. */
export function explainWriteError(error: unknown): Error {
  if (errorCode(error) === 'EPIPE' || errorCode(error) === 'ERR_STREAM_DESTROYED') {
    return new ReaderGone();
  }
  return new Failure('archive', `cannot write the output: ${errorText(error)}`, { cause: error });
}
