import { domainToASCII } from 'node:url';
import { errorText, Failure } from '../../errors.ts';
import type { Dns } from '../../system/dns.ts';
import type { HttpClient } from '../../system/http.ts';
import { askWeb } from './ask-web.ts';
import { type Autoconfig, parseAutoconfig } from './autoconfig.ts';
import {
  type Found,
  type FoundServer,
  isWithin,
  mayServe,
  providerOfExchangers,
  providerOfServer,
  Refusal,
  type Step,
} from './found.ts';
import { issuerInResourceMetadata, issuerOfMetadata } from './resource-metadata.ts';

/** What discovery asks with. */
export interface Means {
  /** Null where DNS must not be asked. */
  readonly dns: Dns | null;
  readonly http: HttpClient;
  /** Whether names are resolved by a proxy, and not here. */
  readonly proxied: boolean;
  /** Whether Mozilla's database is asked too, which tells it the domain. */
  readonly askIspdb: boolean;
  /** The URL in a mail server's OAUTHBEARER error (RFC 7628 §3.2.2), null where it has none. */
  readonly askMailServer: (server: FoundServer, signal: AbortSignal) => Promise<string | null>;
  /** Told how each step ended. */
  readonly report: (step: Step, outcome: string) => void;
  /** Told what was found and must not be followed, in one sentence. */
  readonly refuse: (reason: string) => void;
  /** Whether the person takes what was found. */
  readonly accept: (found: Found) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** What the person has said already. */
export interface Known {
  readonly issuer: string | null;
  readonly server: FoundServer | null;
}

/** The time of one step. Together they must be bearable for a domain nobody answers for. */
const stepMs = 2500;

/**
 * Find the servers of an address, in the order of how much what is found can be relied on: mail
 * exchangers of a known provider, the domain's own autoconfig, SRV records (RFC 6186, RFC 8314),
 * and for the login server what the mail server says itself. Null where nobody says anything.
 */
export async function discover(address: string, known: Known, means: Means): Promise<Found | null> {
  const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1)).toLowerCase();
  if (domain === '' || !domain.includes('.')) return null;
  const found =
    known.server === null
      ? await findServer(domain, address, means)
      : {
          source: known.server.host,
          provider: providerOfServer(known.server.host),
          server: known.server,
          issuer: null,
          passwordOnly: false,
          safe: true, // the person named it
        };
  if (found === null) return null;
  const named = known.issuer === null ? checkedIssuer(found, found.issuer, domain, means) : null;
  const checked = { ...found, issuer: named };
  // Before it is asked anything itself: it would learn who asks.
  if (!(await means.accept(checked))) return null;
  const { server, provider } = checked;
  if (named !== null || known.issuer !== null || provider !== null || server === null) {
    return checked;
  }
  const issuer = checkedIssuer(checked, await findIssuer(server, means), domain, means);
  return { ...checked, issuer, passwordOnly: checked.passwordOnly && issuer === null };
}

/** Null for a login server that must not give tokens for this mail server. */
function checkedIssuer(
  { source, provider, server }: Found,
  issuer: string | null,
  domain: string,
  { refuse }: Means,
): string | null {
  if (issuer === null || server === null || provider !== null) return null;
  const { host } = new URL(issuer);
  if (mayServe(host, server.host, domain)) return issuer;
  refuse(`${source} names the login server ${host}, which is of another house than ${server.host}`);
  return null;
}

async function findServer(domain: string, address: string, means: Means): Promise<Found | null> {
  return (
    (await byExchangers(domain, means)) ??
    (await byAutoconfig(domain, address, means)) ??
    (await byServiceRecords(domain, means)) ??
    (means.askIspdb ? await byIspdb(domain, address, means) : null)
  );
}

async function byExchangers(domain: string, means: Means): Promise<Found | null> {
  const { dns } = means;
  if (dns === null) return null;
  const exchangers = await attempt('mx', domain, means, () => dns.mx(domain));
  if (exchangers === null) return null;
  const provider = providerOfExchangers(exchangers);
  means.report('mx', provider?.id ?? (exchangers.join(' ') || 'none'));
  if (provider === null) return null;
  const source = `the mail exchanger ${exchangers[0]}`;
  return { source, provider, server: null, issuer: null, passwordOnly: false, safe: true };
}

async function byAutoconfig(domain: string, address: string, means: Means): Promise<Found | null> {
  const own = new URL(`https://autoconfig.${domain}/mail/config-v1.1.xml`);
  own.searchParams.set('emailaddress', address);
  const wellKnown = new URL(`https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`);
  // At the same time, as most domains have neither; the first goes before the second.
  const [first, second] = await Promise.all(
    [own, wellKnown].map((url) => readAutoconfig('autoconfig', url, domain, address, means)),
  );
  const read = first ?? second ?? null;
  return read === null ? null : ofAutoconfig(read, domain);
}

async function byIspdb(domain: string, address: string, means: Means): Promise<Found | null> {
  const url = new URL(`https://v1.ispdb.net/${domain}`);
  const read = await readAutoconfig('ispdb', url, url.hostname, address, means);
  if (read === null) return null;
  // Its login servers are those of Mozilla's own clients: only the mail server is of use.
  return { ...ofAutoconfig(read, domain), issuer: null, safe: false };
}

interface ReadAutoconfig {
  readonly url: URL;
  readonly config: Autoconfig;
}

async function readAutoconfig(
  step: Step,
  url: URL,
  house: string,
  address: string,
  means: Means,
): Promise<ReadAutoconfig | null> {
  return attempt(step, url.host, means, async (signal) => {
    if (!(await isReachable(url.hostname, means))) {
      means.report(step, `${url.host}: no such host`);
      return null;
    }
    const type = /^(text|application)\/([\w.-]+\+)?xml$/;
    const xml = await askWeb(means.http, { url, domain: house, type, signal });
    means.report(step, `${url.host}: ${xml === null ? 'nothing' : 'found'}`);
    return xml === null ? null : { url, config: await parseAutoconfig(xml, address) };
  });
}

function ofAutoconfig({ url, config }: ReadAutoconfig, domain: string): Found {
  const { server, issuer, passwordOnly } = config;
  const provider = providerOfServer(server.host);
  const safe = provider !== null || isWithin(server.host, domain);
  return { source: `https://${url.host}`, provider, server, issuer, passwordOnly, safe };
}

async function byServiceRecords(domain: string, means: Means): Promise<Found | null> {
  const { dns } = means;
  if (dns === null) return null;
  const kinds = [
    ['_imaps._tcp', 'tls'],
    ['_imap._tcp', 'starttls'],
  ] as const;
  const answers = await attempt('srv', domain, means, () =>
    Promise.all(kinds.map(([service]) => dns.srv(`${service}.${domain}`))),
  );
  for (const [index, [service, security]] of kinds.entries()) {
    const record = answers?.[index]?.[0];
    if (record === undefined) continue;
    means.report('srv', `${service}: ${record.name}:${record.port}`);
    const provider = providerOfServer(record.name);
    const server = { host: record.name, port: record.port, security, user: null };
    return {
      source: `the SRV record ${service}.${domain}`,
      provider,
      server,
      issuer: null,
      passwordOnly: false,
      // Anybody on the way can forge DNS: only the certificate of a host of the domain proves it.
      safe: provider !== null || isWithin(record.name, domain),
    };
  }
  if (answers !== null) means.report('srv', 'none');
  return null;
}

/** What a mail server says of its login server: RFC 9728, then the error of RFC 7628. */
async function findIssuer(server: FoundServer, means: Means): Promise<string | null> {
  const url = new URL(`https://${server.host}/.well-known/oauth-protected-resource`);
  const named = await attempt('server', url.host, means, async (signal) => {
    if (!(await isReachable(url.hostname, means))) return null;
    const type = /^application\/([\w.-]+\+)?json$/;
    const json = await askWeb(means.http, { url, domain: server.host, type, signal });
    means.report('server', `${url.host}: ${json === null ? 'no metadata' : 'metadata'}`);
    return json === null ? null : issuerInResourceMetadata(json, server.host);
  });
  if (named !== null) return named;
  const where = `${server.host}:${server.port}`;
  return attempt('server', where, means, async (signal) => {
    const metadata = await means.askMailServer(server, signal);
    means.report('server', `${where}: ${metadata ?? 'names no login server'}`);
    return metadata === null ? null : issuerOfMetadata(metadata);
  });
}

/** A name nobody has needs no connection, and the C library would look for it without an end. */
async function isReachable(host: string, { dns, proxied }: Means): Promise<boolean> {
  return proxied || dns === null || (await dns.hasAddress(host));
}

/** One step within its time. Null, and a report, when it fails. */
async function attempt<T>(
  step: Step,
  where: string,
  means: Means,
  work: (signal: AbortSignal) => Promise<T | null>,
): Promise<T | null> {
  const late = AbortSignal.timeout(stepMs);
  try {
    return await work(AbortSignal.any([means.signal, late]));
  } catch (error) {
    means.signal.throwIfAborted();
    if (error instanceof Refusal)
      means.refuse(`the configuration of ${where} is not used: ${error.message}`);
    else if (!(error instanceof Failure) && !late.aborted) throw error;
    means.report(step, `${where}: ${late.aborted ? 'no answer in time' : errorText(error)}`);
    return null;
  }
}
