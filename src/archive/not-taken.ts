/** A message was not taken, for a reason of whoever it was given to; the next one may be. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}
