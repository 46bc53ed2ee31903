/** A message as an honest server describes it. */
export interface Letter {
  readonly uid: number;
  readonly source: string;
  readonly flags?: string;
  /** EMAILID, or X-GM-MSGID. */
  readonly emailId?: string;
  /** X-GM-LABELS, as they go over the wire. */
  readonly labels?: string;
}

interface Mailbox {
  readonly letters?: readonly Letter[];
  readonly capabilities?: string;
  readonly security?: 'tls' | 'starttls' | 'none';
  readonly encrypted: boolean;
}

export const uidValidity = 1_700_000_001;

export const threeLetters: readonly Letter[] = ['one', 'two', 'three'].map((word, index) => ({
  uid: index + 1,
  source: `From: Bob <bob@example.org>\r\nSubject: ${word}\r\n\r\nThis is letter ${word}.\r\n`,
}));

/** What an honest server answers; `STARTTLS` where bytes are not enough. */
export function answerAsUsual(command: string, mailbox: Mailbox): string {
  const { letters = threeLetters } = mailbox;
  const [name = '', second = ''] = command.split(' ');
  const verb = name.toUpperCase() === 'UID' ? `UID ${second.toUpperCase()}` : name.toUpperCase();
  switch (verb) {
    case 'CAPABILITY':
      return `* CAPABILITY ${capabilities(mailbox)}\r\n<tag> OK done\r\n`;
    case 'STARTTLS':
      return 'STARTTLS';
    case 'LIST':
    case 'LSUB':
      return command.endsWith('"" ""')
        ? '* LIST (\\Noselect) "/" ""\r\n<tag> OK done\r\n'
        : `* ${verb} (\\HasNoChildren) "/" INBOX\r\n<tag> OK done\r\n`;
    case 'STATUS':
      return `* STATUS INBOX (MESSAGES ${letters.length} UNSEEN 0 UIDNEXT ${uidNext(letters)} UIDVALIDITY ${uidValidity})\r\n<tag> OK done\r\n`;
    case 'SELECT':
    case 'EXAMINE':
      return opened(letters);
    case 'UID SEARCH':
      return `* SEARCH ${letters.map(({ uid }) => uid).join(' ')}\r\n<tag> OK done\r\n`;
    case 'FETCH':
    case 'UID FETCH':
      return `${fetchRows(command, letters).join('')}<tag> OK done\r\n`;
    case 'LOGOUT':
      return '* BYE see you\r\n<tag> OK done\r\n';
    default:
      return '<tag> OK done\r\n';
  }
}

export function opened(letters: readonly Letter[], changes: Partial<Opened> = {}): string {
  const about: Opened = {
    exists: `* ${letters.length} EXISTS`,
    uidValidity: `* OK [UIDVALIDITY ${uidValidity}] valid`,
    uidNext: `* OK [UIDNEXT ${uidNext(letters)}] next`,
    ...changes,
  };
  const lines = ['* FLAGS (\\Seen)', ...Object.values(about), '<tag> OK [READ-ONLY] done', ''];
  return lines.filter((line, index) => line !== '' || index === lines.length - 1).join('\r\n');
}

/** The lines of an answer to EXAMINE; an empty one is left out. */
interface Opened {
  readonly exists: string;
  readonly uidValidity: string;
  readonly uidNext: string;
}

/** The rows of an honest answer to FETCH, one for each letter asked for. */
export function fetchRows(command: string, letters: readonly Letter[]): string[] {
  const [, byUid, range = '', items = ''] = /^(UID )?FETCH (\S+) (.*)$/is.exec(command) ?? [];
  return letters.flatMap((letter, index) => {
    const number = byUid === undefined ? index + 1 : letter.uid;
    return inRange(number, range) ? [fetchRow(index + 1, letter, items)] : [];
  });
}

/** One row with the items asked for. */
export function fetchRow(sequence: number, letter: Letter, items: string): string {
  const { uid, source, flags = '', emailId = '', labels = '' } = letter;
  const asked = (item: string) => items.toUpperCase().includes(item);
  const partial = /BODY\.PEEK\[\]<(\d+)\.(\d+)>/i.exec(items);
  const start = Number(partial?.[1] ?? 0);
  const body = partial === null ? source : source.slice(start, start + Number(partial[2]));
  const header = source.slice(0, source.indexOf('\r\n\r\n') + 4);
  const origin = partial === null ? '' : `<${start}>`;
  const values = [
    `UID ${uid}`,
    ...(asked('FLAGS') ? [`FLAGS (${flags})`] : []),
    ...(asked('RFC822.SIZE') ? [`RFC822.SIZE ${source.length}`] : []),
    ...(asked('INTERNALDATE') ? ['INTERNALDATE "17-Jul-2026 02:44:25 +0000"'] : []),
    ...(asked(' EMAILID') ? [`EMAILID (${emailId})`, `THREADID (T${emailId})`] : []),
    ...(asked('X-GM-MSGID') ? [`X-GM-MSGID ${emailId}`, `X-GM-THRID ${emailId}`] : []),
    ...(asked('X-GM-LABELS') ? [`X-GM-LABELS (${labels})`] : []),
    ...(asked('ENVELOPE') ? [`ENVELOPE ${envelope(source)}`] : []),
    ...(asked('BODYSTRUCTURE')
      ? ['BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 10 1 NIL NIL NIL NIL)']
      : []),
    ...(asked('BODY.PEEK[HEADER]') ? [`BODY[HEADER] {${header.length}}\r\n${header}`] : []),
    ...(asked('BODY.PEEK[]') ? [`BODY[]${origin} {${body.length}}\r\n${body}`] : []),
    ...(asked('BODY.PEEK[TEXT]')
      ? [section('TEXT', source.slice(source.indexOf(blankLine) + 4))]
      : []),
    ...(asked('BODY.PEEK[HEADER]')
      ? [section('HEADER', `${source.split(blankLine)[0]}${blankLine}`)]
      : []),
  ];
  return `* ${sequence} FETCH (${values.join(' ')})\r\n`;
}

const blankLine = '\r\n\r\n';

function section(name: string, content: string): string {
  return `BODY[${name}]<0> {${content.length}}\r\n${content}`;
}

function envelope(source: string): string {
  const subject = /^Subject: (.*)$/m.exec(source)?.[1]?.trim() ?? '';
  const from = '(("Bob" NIL "bob" "example.org"))';
  return `("Fri, 17 Jul 2026 02:44:25 +0000" "${subject}" ${from} ${from} ${from} NIL NIL NIL NIL "<1@example.org>")`;
}

function capabilities({ capabilities: given, security, encrypted }: Mailbox): string {
  if (given !== undefined) return given;
  if (security === 'starttls' && !encrypted) return 'IMAP4rev1 STARTTLS LOGINDISABLED';
  return 'IMAP4rev1 SASL-IR AUTH=XOAUTH2';
}

function uidNext(letters: readonly Letter[]): number {
  return (letters.at(-1)?.uid ?? 0) + 1;
}

export function inRange(number: number, range: string): boolean {
  return range.split(',').some((part) => {
    const [first = '', last = first] = part.split(':');
    return number >= Number(first) && number <= (last === '*' ? 2 ** 32 : Number(last));
  });
}
