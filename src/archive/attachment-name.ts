/** Disks take 255 bytes; a number may still be put behind it. */
const maxNameBytes = 200;

/** Names Windows keeps for its devices, whatever their extension. */
const reserved = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(\.|$)/i;

/**
 * The file name a sender has given, made safe: the last component alone (RFC 2183 §2.3), in NFC,
 * without what is not seen, what turns text around, and what some system gives a meaning; nothing
 * hidden, no option, no device. `fallback` where nothing is left of it.
 */
export function attachmentName(filename: string | null, fallback: string): string {
  const last = (filename ?? '').split(/[/\\]/).findLast((level) => level.trim() !== '') ?? '';
  const name = last
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\ufffd]/gu, '')
    .replaceAll(/[<>:"|?*]/g, '_')
    .replace(/^[ .~-]+/, (start) => (start.trim() === '' ? '' : '_'))
    .replace(/[ .]+$/, '');
  if (!/[\p{L}\p{N}\p{S}]/u.test(name)) return fallback;
  return shortened(reserved.test(name) ? `_${name}` : name);
}

/** The same with a number before the extension, for when the name is taken. */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name;
  const { stem, extension } = split(name);
  return `${stem} (${number})${extension}`;
}

/** Cut between characters; the extension stays. */
function shortened(name: string): string {
  const { stem, extension } = split(name);
  const room = maxNameBytes - Buffer.byteLength(extension);
  const kept = [...stem];
  let bytes = Buffer.byteLength(stem);
  while (bytes > room) bytes -= Buffer.byteLength(kept.pop() ?? '');
  return `${kept.join('').replace(/[ .]+$/, '')}${extension}`;
}

function split(name: string): { readonly stem: string; readonly extension: string } {
  const [extension = ''] = /(?<=.)(?:\.tar)?\.[^. ]{1,16}$/su.exec(name) ?? [];
  return { stem: name.slice(0, name.length - extension.length), extension };
}
