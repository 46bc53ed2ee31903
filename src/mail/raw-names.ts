import { allParts, isMultipart, type Part } from './body-structure.ts';
import { decodeCharset } from './charset.ts';

/** A name that was sent in 8-bit and is no UTF-8 comes out of BODYSTRUCTURE in pieces. */
export function hasLostName({ filename }: Part): boolean {
  return filename?.includes('\ufffd') === true;
}

/** The parts whose names are lost, with what to ask for to see their own headers (RFC 3501 §6.4.5). */
export function lostNames(root: Part): { readonly part: Part; readonly section: string }[] {
  return [...allParts(root)]
    .filter((part) => !isMultipart(part) && hasLostName(part))
    .map((part) => ({ part, section: part === root ? 'HEADER' : `${part.section}.MIME` }));
}

/** The name in the headers of a part, in UTF-8 or else windows-1252; null where it is not there. */
export function rawName(headers: Uint8Array): string | null {
  const { text } = decodeCharset(headers, null);
  const unfolded = text.replaceAll(/\r?\n[\t ]+/g, ' ');
  for (const parameter of ['filename', 'name']) {
    const found = new RegExp(
      `[;\\s]${parameter}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`,
      'i',
    ).exec(unfolded);
    const name = found?.[1]?.replaceAll(/\\(.)/g, '$1') ?? found?.[2];
    if (name !== undefined && name.trim() !== '') return name.trim();
  }
  return null;
}

/** The tree with these names in it. */
export function withNames(root: Part, names: ReadonlyMap<Part, string>): Part {
  const children = root.children.map((child) => withNames(child, names));
  return { ...root, filename: names.get(root) ?? root.filename, children };
}
