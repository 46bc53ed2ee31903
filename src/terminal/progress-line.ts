import { printable } from './printable.ts';

/** Of what is counted; what is left out is not known, or not counted. */
export interface Totals {
  readonly messages?: number;
  readonly bytes?: number;
}

/** Where something that is under way stands. */
export interface Standing {
  readonly label: string;
  readonly total: Totals;
  readonly done: Required<Totals>;
  readonly perSecond: Required<Totals>;
}

const barWidth = 20;
const maxLabel = 24;

/**
 * `INBOX  ███████▌             1234/5000  12.3 MB  1.2 MB/s  0:42`, at most `width` columns. What is
 * at the end is left out first where it is too narrow.
 */
export function formatProgress(standing: Standing, width: number): string {
  const { label, total, done, perSecond } = standing;
  const share = shareOf(standing);
  const left = secondsLeft(standing);
  const parts = [
    shorten(printable(label), Math.min(maxLabel, width)),
    ...(share === null ? [] : [bar(share)]),
    ...countOf(total, done),
    ...(done.bytes > 0 ? [formatBytes(done.bytes)] : []),
    ...(perSecond.bytes >= 1 ? [`${formatBytes(perSecond.bytes)}/s`] : []),
    ...(left === null ? [] : [`${formatSeconds(left)} left`]),
  ];
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (columnsOf(longer) > width) break;
    line = longer;
  }
  return line;
}

function countOf({ messages, bytes }: Totals, done: Required<Totals>): string[] {
  if (messages !== undefined) return [`${done.messages}/${messages}`];
  if (done.messages > 0) return [String(done.messages)];
  return bytes === undefined ? ['…'] : [];
}

/** From 0 to 1, by bytes where they are known: messages differ too much. */
function shareOf({ total, done }: Standing): number | null {
  if (total.bytes !== undefined && total.bytes > 0) return Math.min(1, done.bytes / total.bytes);
  if (total.messages !== undefined && total.messages > 0) {
    return Math.min(1, done.messages / total.messages);
  }
  return null;
}

function secondsLeft({ total, done, perSecond }: Standing): number | null {
  const unit = total.bytes === undefined ? 'messages' : 'bytes';
  const rest = (total[unit] ?? 0) - done[unit];
  return rest > 0 && perSecond[unit] > 0 ? rest / perSecond[unit] : null;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(share: number): string {
  const filled = Math.floor(share * barWidth * 8);
  return `${'█'.repeat(filled >> 3)}${eighths[filled & 7]}`.padEnd(barWidth, '░');
}

/** 512 B, 20 KB, 3.4 MB */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${'KMG'.charAt(power - 1)}B`;
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 86_400) return 'over a day';
  const minutes = `${Math.floor(whole / 60) % 60}`;
  return whole >= 3600
    ? `${Math.floor(whole / 3600)}:${two(Number(minutes))}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/**
 * Wide letters count two, so a label never breaks the line. Only a bound: measuring text as the
 * tables do takes longer to load than most of what is waited for.
 */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += (character.codePointAt(0) ?? 0) < 0x1100 || /[…█▏▎▍▌▋▊▉░]/.test(character) ? 1 : 2;
  return columns;
}

function shorten(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (columnsOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
