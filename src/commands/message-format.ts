import { Failure } from '../errors.ts';
import { printable } from '../terminal/printable.ts';
import { formatAddress, type MessageRow, messageFields } from './columns.ts';

/**
 * A template such as `{date} {from.address} {subject}`, for one message a line. `{{` and `}}` are
 * braces, `\t` and `\n` what they are elsewhere. What comes of a message is made printable.
 * @throws Failure 'usage' with a caret under what is wrong
 */
export function parseFormat(template: string): (row: MessageRow) => string {
  const pieces: ((row: MessageRow) => string)[] = [];
  for (const found of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|\\[nt]|[{}]|[^{}\\]+|\\/g)) {
    const [piece, name] = found;
    if (name !== undefined) {
      const value = placeholder(template, name, found.index);
      pieces.push((row) => printable(value(row)));
    } else if (piece === '{' || piece === '}') throw wrong(template, found.index, 'a lone brace');
    else pieces.push(() => literals[piece] ?? printable(piece));
  }
  return (row) => pieces.map((piece) => piece(row)).join('');
}

const literals: Readonly<Record<string, string>> = {
  '{{': '{',
  '}}': '}',
  '\\n': '\n',
  '\\t': '\t',
};

function placeholder(template: string, name: string, at: number): (row: MessageRow) => string {
  const [, field = '', detail] = /^(\w+)(?:\.(\w+))?$/.exec(name) ?? [];
  if (isPeople(field) && (detail === 'name' || detail === 'address')) {
    return (row) => row[field].map((one) => one[detail] ?? '').join(', ');
  }
  if (isPeople(field) && detail === undefined) {
    return (row) => row[field].map(formatAddress).join(', ');
  }
  if (name === 'date.local') return ({ date }) => (date === null ? '' : localTime(new Date(date)));
  const column = messageFields.get(name);
  if (column === undefined) throw wrong(template, at, `there is no {${name}}`);
  return (row) => column.value(row);
}

function isPeople(field: string): field is 'from' | 'to' | 'cc' {
  return field === 'from' || field === 'to' || field === 'cc';
}

function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function wrong(template: string, at: number, what: string): Failure {
  const names = [...messageFields.keys()].map((name) => `{${name}}`).join(' ');
  return new Failure(
    'usage',
    `the format cannot be read: ${what}\n  ${template}\n  ${' '.repeat(at)}^`,
    { hint: `there are ${names}, {from.name}, {from.address}, {date.local}`, inLines: true },
  );
}
