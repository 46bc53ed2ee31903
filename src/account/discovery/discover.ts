import { domainToASCII } from 'node:url';
import { askWeb } from './ask-web.ts';
import { jsonType, type ReadDocument, readAutoconfig, readPacc } from './documents.ts';
import {
  type Found,
  type FoundServer,
  isWithin,
  mayServe,
  providerOfExchangers,
  providerOfServer,
} from './found.ts';
import { attempt, isReachable, type Means } from './means.ts';
import { issuerInResourceMetadata, issuerOfMetadata } from './resource-metadata.ts';

/** What the person has said already. */
export interface Known {
  readonly issuer: string | null;
  readonly server: FoundServer | null;
}

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
  const { hostname: host } = new URL(issuer);
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
  // At the same time, as most domains have none of them; the first goes before the others.
  const answers = await Promise.all([
    readAutoconfig('autoconfig', own, domain, address, means),
    readAutoconfig('autoconfig', wellKnown, domain, address, means),
    readPacc(domain, means),
  ]);
  const read = answers.find((answer) => answer !== null) ?? null;
  return read === null ? null : ofAutoconfig(read, domain);
}

async function byIspdb(domain: string, address: string, means: Means): Promise<Found | null> {
  const url = new URL(`https://v1.ispdb.net/${domain}`);
  const read = await readAutoconfig('ispdb', url, url.hostname, address, means);
  if (read === null) return null;
  // Its login servers are those of Mozilla's own clients: only the mail server is of use.
  return { ...ofAutoconfig(read, domain), issuer: null, safe: false };
}

function ofAutoconfig({ url, config }: ReadDocument, domain: string): Found {
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
    const json = await askWeb(means.http, { url, domain: server.host, type: jsonType, signal });
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
