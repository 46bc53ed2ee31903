import { domainToASCII } from 'node:url';

/** Whatever case they are in, and whether the domain is in letters or in Punycode (RFC 5891). */
export function sameAddress(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  const domain = domainToASCII(address.slice(at)) || address.slice(at);
  return `${address.slice(0, at)}${domain}`.normalize('NFC').toLowerCase();
}
