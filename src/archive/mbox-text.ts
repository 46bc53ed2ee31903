import { headerField } from './header.ts';

/** The file's name in the mailbox's folder. */
export const mboxName = 'messages.mbox';

/** Where it is noted from where on a file is being written. */
export function noteOf(path: string): string {
  return `${path}.unfinished`;
}

/** "From sender date", the date in UTC as asctime(3) has it. */
export function fromLine(text: string, internalDate: Date | null): string {
  const given = headerField(text, 'return-path') ?? headerField(text, 'from') ?? '';
  const sender = /[^\s<>,;:"()]+@[^\s<>,;:"()]+/.exec(given)?.[0] ?? 'MAILER-DAEMON';
  const date = internalDate ?? new Date(0);
  const [weekday, month] = [
    ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getUTCDay()],
    ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][
      date.getUTCMonth()
    ],
  ];
  const time = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `From ${sender} ${weekday} ${month} ${day} ${time} ${date.getUTCFullYear()}\n`;
}

/** mboxrd: each line of `>`s and "From " gets one `>` more, whatever the pieces it comes in. */
export class FromQuoting {
  #atStart = true;
  /** The beginning of a line that may still turn out to be one of those. */
  #held = '';
  #endsLine = true;

  take(piece: string): string {
    const text = this.#held + piece;
    const lineStart = text.lastIndexOf('\n') + 1;
    const open = text.slice(lineStart);
    const holds = (lineStart > 0 || this.#atStart) && /^>*(?:F(?:r(?:om?)?)?)?$/.test(open);
    this.#held = holds ? open : '';
    const out = holds ? text.slice(0, lineStart) : text;
    const quoted = this.#quote(out);
    if (out !== '') this.#atStart = out.endsWith('\n');
    this.#endsLine = text === '' ? this.#endsLine : text.endsWith('\n');
    return quoted;
  }

  /** What is still held, and the end of the last line. */
  end(): string {
    return this.#held + (this.#endsLine ? '' : '\n');
  }

  #quote(text: string): string {
    if (this.#atStart) return quoted(text);
    const end = text.indexOf('\n') + 1;
    if (end === 0) return text;
    return text.slice(0, end) + quoted(text.slice(end));
  }
}

/** Not by `^`, for which a line also begins after a CR: readers of an mbox know no such lines. */
function quoted(text: string): string {
  return text.replaceAll(/(?<![^\n])(>*From )/g, '>$1');
}
