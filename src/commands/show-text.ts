import {
  decodedBytes,
  isAttachment,
  type NumberedPart,
  numberedParts,
  type Part,
} from '../mail/body-structure.ts';
import type { HeaderLine } from '../mail/header-lines.ts';
import type { Address, Correspondence, MessageSummary } from '../mail/message.ts';
import type { MessageText } from '../mail/message-text.ts';
import { formatAddress } from './columns.ts';

/** A whole message as a person reads it: the headers they care about, the text, what is attached. */
export function formatMessage(
  message: MessageSummary & Pick<Correspondence, 'replyTo'>,
  root: Part,
  { blocks, problems }: MessageText,
): string {
  const { from, to, cc, date, subject } = message;
  const headers = formatHeaders([
    ['From', people(from)],
    ['To', people(to)],
    ['Cc', people(cc)],
    ['Reply-To', sameAddresses(message.replyTo, from) ? '' : people(message.replyTo)],
    ['Date', longDate(date)],
    ['Subject', subject ?? ''],
  ]);
  const text = formatBlocks(blocks);
  const attached = formatAttached(root);
  const told = problems.map((problem) => `[${problem}]`).join('\n');
  return [headers, text, attached, told].filter((piece) => piece !== '').join('\n\n');
}

/** The text alone, messages within it with their headers. */
export function formatBlocks(blocks: MessageText['blocks']): string {
  return blocks
    .map((block) => {
      if ('text' in block)
        return block.text.replaceAll(/\r\n?/g, '\n').replaceAll(/^\s*\n|\s+$/g, '');
      if ('closes' in block) return rule(`End of message ${block.closes.part}`);
      const { part, heading } = block.opens;
      const title = rule(`Message ${part}`);
      return heading === null
        ? title
        : `${title}\n${formatHeaders([
            ['From', people(heading.from)],
            ['To', people(heading.to)],
            ['Date', longDate(heading.date)],
            ['Subject', heading.subject ?? ''],
          ])}`;
    })
    .filter((piece) => piece !== '')
    .join('\n\n');
}

function rule(title: string): string {
  return `── ${title} `.padEnd(48, '─');
}

function formatHeaders(headers: readonly (readonly [string, string])[]): string {
  return headers
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(10)}${oneLine(value)}`)
    .join('\n');
}

/** Every header as it was written, one a line. */
export function formatHeaderLines(lines: readonly HeaderLine[]): string {
  return lines
    .map(({ name, value }) => (name === '' ? oneLine(value) : `${name}: ${oneLine(value)}`))
    .join('\n');
}

/** What is attached: number, name, type, size, each below the other. */
function formatAttached(root: Part): string {
  const attached = numberedParts(root).filter(isAttachment);
  if (attached.length === 0) return '';
  const shown = attached.slice(0, maxListed).map((part) => {
    const size = decodedBytes(part);
    return {
      number: `[${part.part}]`,
      name: oneLine(part.filename ?? part.heading?.subject ?? ''),
      about: `${part.type}${size === null ? '' : `, ${formatSize(size)}`}`,
    };
  });
  const widest = Math.max(...shown.map(({ number }) => number.length));
  const lines = shown.map(({ number, name, about }) =>
    [number.padEnd(widest), name === '' ? about : `${name} (${about})`].join(' '),
  );
  const more = attached.length - shown.length;
  if (more > 0) lines.push(`… and ${more} more: mailctl attachments --list`);
  return ['Attached:', ...lines].join('\n');
}

const maxListed = 50;

/** A part as `--json` has it. */
export function describePart(part: NumberedPart) {
  const {
    part: number,
    type,
    filename,
    sizeBytes,
    charset,
    encoding,
    disposition,
    contentId,
  } = part;
  const attachment = isAttachment(part);
  return {
    ...{ part: number, type, filename, sizeBytes, attachment },
    ...{ charset, encoding, disposition, contentId },
  };
}

function people(list: readonly Address[]): string {
  return list.map(formatAddress).join(', ');
}

function sameAddresses(some: readonly Address[], others: readonly Address[]): boolean {
  const key = (list: readonly Address[]) =>
    list.map(({ address }) => address?.toLowerCase() ?? '').join('\n');
  return some.length === 0 || key(some) === key(others);
}

/** `Mon 23 Nov 2026, 16:04 +0100`, where the person is. */
function longDate(date: Date | null): string {
  const [weekday, month, day, year, time, zone] = date?.toString().split(' ') ?? [];
  if (time === undefined || zone === undefined) return '';
  return `${weekday} ${Number(day)} ${month} ${year}, ${time.slice(0, 5)} ${zone.slice(3)}`;
}

/** What breaks a line in a header was put there to look like another header. */
function oneLine(value: string): string {
  return value.replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').trim();
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
