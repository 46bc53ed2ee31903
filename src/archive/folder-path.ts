import { join } from 'node:path';

/** Names a folder of the archive cannot have: Maildir's own, and what Windows keeps for itself. */
const reserved = /^(cur|new|tmp|con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const maxNameBytes = 200;

/**
 * Where a mailbox lies below the archive: one folder a level, so that the tree reads like the
 * server's. Whatever a file name must not hold is percent-encoded, and `%` itself with it, so that
 * two mailboxes never share a folder and none lies outside. Null for a name no folder can have.
 */
export function folderPath(
  archive: string,
  mailbox: string,
  delimiter: string | null,
): string | null {
  const levels = delimiter === null ? [mailbox] : mailbox.split(delimiter);
  const names = levels.map(encodeName);
  if (names.some((name) => name === '' || Buffer.byteLength(name) > maxNameBytes)) return null;
  return join(archive, ...names);
}

function encodeName(level: string): string {
  const name = level
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}%/\\:*?"<>|]/gu, (character) => percentEncode(character))
    // A leading dot hides it (and ".." climbs); a trailing dot or blank is lost on Windows.
    .replace(/^[. ~-]/, percentEncode)
    .replace(/[. ]$/, percentEncode);
  // What normalising would merge is kept apart by encoding the whole name.
  if (level !== level.normalize('NFC') || /\p{Cs}/u.test(level)) return percentEncodeAll(level);
  return reserved.test(name) ? percentEncode(name.charAt(0)) + name.slice(1) : name;
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
