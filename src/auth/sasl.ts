import type { ImapServer } from '../account/account.ts';

/** The client's answer in an XOAUTH2 exchange, in base64 (Google's "XOAUTH2 Mechanism"). */
export function xoauth2Response(user: string, accessToken: string): string {
  return base64(`user=${user}\u0001auth=Bearer ${accessToken}\u0001\u0001`);
}

/** The client's answer in an OAUTHBEARER exchange, in base64 (RFC 7628 §3.1, RFC 5801 §4). */
export function oauthbearerResponse(
  user: string,
  accessToken: string,
  { host, port }: Pick<ImapServer, 'host' | 'port'>,
): string {
  const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const fields = [`n,a=${name},`, `host=${host}`, `port=${port}`, `auth=Bearer ${accessToken}`];
  return base64(`${fields.join('\u0001')}\u0001\u0001`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
