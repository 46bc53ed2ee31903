import * as v from 'valibot';
import type { RedirectHost } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import type { HttpClient } from '../system/http.ts';

/** What a server says of itself that matters before there is a client (RFC 8414 §2). */
export interface ServerFacts {
  readonly issuer: string;
  readonly registrationEndpoint: string | null;
  readonly scopes: readonly string[];
}

export interface ClientRequest {
  readonly redirectHost: RedirectHost;
  readonly scopes: readonly string[];
  readonly version: string;
  readonly http: HttpClient;
  readonly timeoutMs: number;
}

/** A client of our own. The secret and the token to change it by (RFC 7592) are secrets. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly registrationAccessToken: string | null;
  /** As the server has it: it may spell the loopback address otherwise than we do. */
  readonly redirectHost: RedirectHost;
}

const answer = v.object({
  client_id: v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/)),
  client_secret: v.optional(v.string()),
  registration_access_token: v.optional(v.string()),
  redirect_uris: v.optional(v.array(v.string()), []),
});
const redirectHosts: readonly RedirectHost[] = ['127.0.0.1', 'localhost'];
const refusal = v.object({ error: v.string(), error_description: v.optional(v.string(), '') });

/**
 * Register a public client on this computer (RFC 7591, RFC 8252 §8.4).
 * @throws Failure 'config' where the server refuses it, 'temporary', 'protocol'
 */
export async function registerClient(
  endpoint: string,
  { redirectHost, scopes, version, http, timeoutMs }: ClientRequest,
): Promise<RegisteredClient> {
  const { host } = new URL(endpoint);
  const response = await http(new URL(endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      client_name: 'mailctl',
      software_id: 'mailctl',
      software_version: version,
      application_type: 'native',
      redirect_uris: [`http://${redirectHost}/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: scopes.join(' '),
    }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    throw new Failure('temporary', `cannot register with ${host}: ${errorText(error)}`, {
      hint: 'check the network, then try again; or give a client of yours: --client-id',
      cause: error,
    });
  });
  const body: unknown = await response.json().catch(() => null);
  const given = v.safeParse(answer, body);
  if (response.ok && given.success) return client(given.output, redirectHost);
  const refused = v.safeParse(refusal, body);
  const why = refused.success
    ? `${refused.output.error}${refused.output.error_description === '' ? '' : `: ${refused.output.error_description}`}`
    : `HTTP status ${response.status}`;
  const busy = response.status >= 500 || response.status === 429;
  throw new Failure(busy ? 'temporary' : 'config', `${host} registers no client: ${why}`, {
    hint: busy ? 'try again later' : 'register one with the server, and give its id: --client-id',
  });
}

function client(given: v.InferOutput<typeof answer>, asked: RedirectHost): RegisteredClient {
  const hosts = given.redirect_uris
    .filter((uri) => URL.canParse(uri))
    .map((uri) => new URL(uri).hostname);
  const [other = asked] = redirectHosts.filter((host) => hosts.includes(host));
  return {
    clientId: given.client_id,
    clientSecret: given.client_secret ?? null,
    registrationAccessToken: given.registration_access_token ?? null,
    redirectHost: hosts.includes(asked) ? asked : other,
  };
}
