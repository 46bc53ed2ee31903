import { askWeb } from './ask-web.ts';
import { type Autoconfig, parseAutoconfig } from './autoconfig.ts';
import type { Step } from './found.ts';
import { attempt, isReachable, type Means } from './means.ts';
import { paccDigest, parsePacc } from './pacc.ts';

export const jsonType = /^application\/([\w.-]+\+)?json$/;

/** A description of a mail server, and where it stands. */
export interface ReadDocument {
  readonly url: URL;
  readonly config: Autoconfig;
}

/** One autoconfig, null where there is none. `house` is where it may redirect to. */
export async function readAutoconfig(
  step: Step,
  url: URL,
  house: string,
  address: string,
  means: Means,
): Promise<ReadDocument | null> {
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

/** draft-ietf-mailmaint-pacc: a document whose digest is in DNS. */
export async function readPacc(domain: string, means: Means): Promise<ReadDocument | null> {
  const { dns } = means;
  if (dns === null) return null;
  const url = new URL(`https://ua-auto-config.${domain}/.well-known/user-agent-configuration.json`);
  return attempt('pacc', url.host, means, async (signal) => {
    const digest = paccDigest(await dns.txt(`_ua-auto-config.${domain}`));
    means.report('pacc', digest === null ? 'no digest' : `the digest ${digest}`);
    if (digest === null) return null;
    const json = await askWeb(means.http, { url, domain, type: jsonType, signal });
    return json === null ? null : { url, config: parsePacc(json, digest) };
  });
}
