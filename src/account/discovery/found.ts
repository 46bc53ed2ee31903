import { domainToASCII } from 'node:url';
import type { ImapSecurity } from '../account.ts';
import { isHost } from '../config-schema.ts';
import type { Provider } from '../provider.ts';
import { providers } from '../providers.ts';

/** The mail server of an address, as somebody describes it. */
export interface FoundServer {
  readonly host: string;
  readonly port: number;
  readonly security: Exclude<ImapSecurity, 'none'>;
  /** What it calls the mailbox, null for the address itself. */
  readonly user: string | null;
}

/** Who described it. */
export type Step = 'mx' | 'autoconfig' | 'pacc' | 'srv' | 'ispdb' | 'server';

/** What was found for an address. What of it is null must come from the person. */
export interface Found {
  /** Told to the person: where it was found. */
  readonly source: string;
  readonly provider: Provider | null;
  readonly server: FoundServer | null;
  readonly issuer: string | null;
  /** Whether the server takes passwords and no tokens, as far as is known. */
  readonly passwordOnly: boolean;
  /**
   * Whether it may be used without being asked about: the servers are those of a provider mailctl
   * knows, or of the domain of the address, and the domain itself has said so over HTTPS.
   */
  readonly safe: boolean;
}

/** Something was said that must not be followed; the message is for the person. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * A host as DNS has it: letters of other scripts, which may look like any others, in their ASCII
 * form. @throws Refusal
 */
export function hostNamed(text: string): string {
  const name = domainToASCII(text).toLowerCase();
  if (!isHost(text) || !isHost(name))
    throw new Refusal('its IMAP server is not the name of a host');
  return name;
}

/** The domain itself, or a name below it. */
export function isWithin(host: string, domain: string): boolean {
  const name = host.toLowerCase();
  return name === domain || name.endsWith(`.${domain}`);
}

/**
 * Whether a login server may give tokens for a mail server: both are of the address's domain, or
 * of one house. Else whoever wrote the configuration could have the tokens of another provider
 * sent to a mail server of theirs.
 */
export function mayServe(issuerHost: string, imapHost: string, domain: string): boolean {
  if (isWithin(issuerHost, domain)) return isWithin(imapHost, domain);
  return isWithin(issuerHost, house(imapHost));
}

/** `mail.example.org` for imap.mail.example.org, but never a top-level domain. */
function house(host: string): string {
  const parent = host.toLowerCase().split('.').slice(1);
  return parent.length < 2 ? host.toLowerCase() : parent.join('.');
}

/** The provider whose mail server this is. */
export function providerOfServer(host: string): Provider | null {
  return providers.find(({ imap }) => imap.host === host.toLowerCase()) ?? null;
}

/** The provider that takes the mail of a domain, by its mail exchangers. */
export function providerOfExchangers(exchangers: readonly string[]): Provider | null {
  const belongs = ({ mx }: Provider) =>
    exchangers.some((host) => mx.some((one) => isWithin(host, one)));
  return providers.find(belongs) ?? null;
}
