import type * as openid from 'openid-client';
import type { AuthorizationServer } from '../account/account.ts';
import type { HttpClient } from '../system/http.ts';
import { type ClientProof, signingKey, thumbprintOf } from './client-proof.ts';
import { checkEndpoints, givenMetadata } from './endpoints.ts';
import { oauthFetch } from './oauth-fetch.ts';

interface Client {
  readonly clientId: string;
  readonly server: AuthorizationServer;
}

interface Conditions {
  readonly proof: ClientProof;
  readonly http: HttpClient;
  /** For one request, milliseconds in total. */
  readonly timeoutMs: number;
}

/** What openid-client must know of a server: discovered, or as it is given. */
export async function configureClient(
  library: typeof openid,
  { clientId, server }: Client,
  { proof, http, timeoutMs }: Conditions,
): Promise<openid.Configuration> {
  const authentication = await authenticationBy(proof, library);
  const insecure = new URL(server.issuer).protocol === 'http:';
  const timeout = timeoutMs / 1000;
  const fetch = oauthFetch(http);
  const discover = (algorithm: 'oidc' | 'oauth2') =>
    library.discovery(new URL(server.issuer), clientId, undefined, authentication, {
      algorithm,
      timeout,
      [library.customFetch]: fetch,
      ...(insecure ? { execute: [library.allowInsecureRequests] } : {}),
    });
  if (server.kind === 'discovered') {
    // OpenID Connect's document first: more servers have it, and it says more.
    const discovered = await discover('oidc').catch((error: unknown) =>
      discover('oauth2').catch(() => Promise.reject(error)),
    );
    checkEndpoints(discovered.serverMetadata(), insecure);
    return discovered;
  }
  const metadata = givenMetadata(server);
  checkEndpoints(metadata, insecure);
  const given = new library.Configuration(metadata, clientId, undefined, authentication);
  if (insecure) library.allowInsecureRequests(given);
  given.timeout = timeout;
  given[library.customFetch] = fetch;
  return given;
}

/** How openid-client shows the token endpoint who we are. */
async function authenticationBy(
  proof: ClientProof,
  library: typeof openid,
): Promise<openid.ClientAuth> {
  switch (proof.kind) {
    case 'none':
      return library.None();
    case 'secret':
      return library.ClientSecretPost(proof.secret);
    case 'assertion':
      return () => {};
    case 'signature': {
      const key = await signingKey(proof.key);
      const thumbprint =
        proof.certificate === null ? null : thumbprintOf(proof.certificate, proof.key);
      // The thumbprint is how Microsoft finds the key; the endpoint as the audience is what it
      // documents, and RFC 7523 §3 allows it everywhere.
      return (server, ...rest) =>
        library.PrivateKeyJwt(key, {
          [library.modifyAssertion]: (header, payload) => {
            if (thumbprint !== null) header['x5t#S256'] = thumbprint;
            if (server.token_endpoint !== undefined) payload['aud'] = server.token_endpoint;
          },
        })(server, ...rest);
    }
  }
}
