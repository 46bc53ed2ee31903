import type { LinkSample } from '../../mail/link-gauge.ts';

/**
 * What is faster than this, about 50 Mbit/s, comes sooner as it is: servers compress 10 to 30 MB a
 * second and processor, and taking it apart costs us as much as all the rest of fetching does.
 */
const slowBytesPerSecond = 6e6;
/** With less of its time to spare, it is not the line that the main thread waits for. */
const mostBusy = 0.75;
/**
 * So long must what is to come take. A quarter of it is saved at least, as all mail is text (base64
 * uses 6 bits of 8), and of letters two thirds; it costs each connection one round trip.
 */
const worthSeconds = 2;

/**
 * Whether COMPRESS (RFC 4978) pays off. One slow moment does not tell: there must be two samples,
 * and both must say so. There is no way back for a connection, so nothing is decided twice.
 */
export function worthCompressing(samples: readonly LinkSample[], bytesToCome: number): boolean {
  const slow = ({ bytesPerSecond, busy }: LinkSample) =>
    bytesPerSecond < slowBytesPerSecond && busy < mostBusy;
  if (samples.length < 2 || !samples.every(slow)) return false;
  const fastest = Math.max(...samples.map(({ bytesPerSecond }) => bytesPerSecond));
  return bytesToCome / fastest >= worthSeconds;
}
