import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Names of folders and files that lie beside a mailbox's subfolders, and what Windows keeps for itself. */
const reserved =
  /^(cur|new|tmp|messages\.mbox|con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(\.|$)/;
/** What INBOX has for itself beside the mailboxes of a Maildir++. */
const reservedOfInbox = /^\.(gone|headers|mailctl(-[a-z]+)?\.(json|index|lock))$/i;
/** What the name of an .eml file is known by. */
const markOfEml = /\.(?=V\d+U\d+\.)/gi;
/** What disks take. */
const maxFileNameBytes = 255;
/** Of one level, as more is put around it. */
const maxNameBytes = 200;
const keptNameBytes = 120;

/** `tree`: one folder a level. `maildir++`: one hidden folder a mailbox, INBOX being the archive. */
export type Layout = 'tree' | 'maildir++';

/**
 * Where a mailbox lies below the archive: one folder a level, so that the tree reads like the
 * server's. Whatever a file name must not hold is percent-encoded, and `%` itself with it, so that
 * two mailboxes never share a folder and none lies outside. An empty level is `%` alone.
 */
export function folderPath(
  archive: string,
  mailbox: string,
  delimiter: string | null,
  layout: Layout = 'tree',
): string {
  const levels = delimiter === null ? [mailbox] : mailbox.split(delimiter);
  const names = levels.map((level) => (level === '' ? '%' : encodeFileName(level)));
  if (layout === 'maildir++') {
    if (mailbox === 'INBOX') return archive;
    // The dot is Maildir++'s delimiter; beyond ASCII its readers expect modified UTF-7.
    const parts = names.map((name) => modifiedUtf7(name.replaceAll('.', '%2E')));
    return join(archive, maildirPlusPlusName(parts));
  }
  return join(archive, names.join('/'));
}

function maildirPlusPlusName(parts: readonly string[]): string {
  const name = `.${parts.join('.')}`;
  if (Buffer.byteLength(name) > maxFileNameBytes) {
    // Not in the middle of modified UTF-7.
    return shortened(name, name).replace(/&[^-]*(?=%h)/, '');
  }
  return reservedOfInbox.test(name) ? `.${percentEncode(name.charAt(1))}${name.slice(2)}` : name;
}

/** A name as a file can have it; '' stays ''. */
export function encodeFileName(level: string): string {
  const name = level
    // Not what Unicode has not assigned yet: a newer Node would know it, and look elsewhere.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}%/\\:*?"<>|]/gu, percentEncode)
    // A leading dot hides it (and ".." climbs); a trailing dot or blank is lost on Windows.
    .replace(/^[. ~-]/, percentEncode)
    .replace(/[. ]$/, percentEncode)
    .replaceAll(markOfEml, percentEncode);
  // What a disk that normalises names would merge is kept apart by encoding the whole name.
  const kept = level.isWellFormed() && name === name.normalize('NFC');
  const encoded = kept ? name : percentEncodeAll(level);
  const short = Buffer.byteLength(encoded) > maxNameBytes ? shortened(encoded, level) : encoded;
  return reserved.test(folded(short)) ? percentEncode(short.charAt(0)) + short.slice(1) : short;
}

/** As disks that tell no upper from lower case compare names. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** The beginning, and a hash of the whole; `%h` stands in no other name. */
function shortened(encoded: string, level: string): string {
  const characters = [...encoded.slice(0, maxNameBytes)];
  while (Buffer.byteLength(characters.join('')) > keptNameBytes) characters.pop();
  // UTF-16, as UTF-8 would merge lone surrogates.
  const hash = createHash('sha256').update(level, 'utf16le').digest('hex');
  return `${characters.join('')}%h${hash}`;
}

function percentEncode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

/** UTF-16 code units, as a lone surrogate has no bytes in UTF-8. */
function percentEncodeAll(text: string): string {
  return Array.from({ length: text.length }, (_, index) => {
    const unit = text.charCodeAt(index);
    return /[A-Za-z0-9]/.test(text.charAt(index))
      ? text.charAt(index)
      : `%u${unit.toString(16).toUpperCase().padStart(4, '0')}`;
  }).join('');
}

/** RFC 3501 §5.1.3. */
function modifiedUtf7(name: string): string {
  return name.replaceAll(/&|[^\x20-\x7e]+/g, (part) => {
    if (part === '&') return '&-';
    const base64 = Buffer.from(part, 'utf16le').swap16().toString('base64');
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}
