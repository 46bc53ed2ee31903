import { Failure } from '../errors.ts';
import type { AuthorizationAttempt, OAuthClient } from './oauth-client.ts';

/**
 * What a person pasted from a browser on another machine: the address it ended up at, or the bare
 * code. An address must carry this login's state; a bare code is the person's own doing, and PKCE
 * binds it to this login all the same.
 * @throws Failure 'usage'
 */
export function readPastedRedirect(
  pasted: string,
  redirectUri: string,
  attempt: AuthorizationAttempt,
  client: OAuthClient,
): URL {
  const redirect = new URL(redirectUri);
  if (URL.canParse(pasted) && /^https?:/.test(pasted)) {
    const { searchParams } = new URL(pasted);
    if (searchParams.get('state') !== attempt.state) {
      throw new Failure('usage', 'the pasted address does not belong to this login', {
        hint: 'paste the address from the browser in which you opened the URL above',
      });
    }
    redirect.search = searchParams.toString();
    return redirect;
  }
  if (!/^[\x21-\x7e]{4,4096}$/.test(pasted)) {
    throw new Failure('usage', 'what was pasted is neither an address nor a code', {
      hint: 'paste the whole address, beginning with http',
    });
  }
  redirect.searchParams.set('code', pasted);
  redirect.searchParams.set('state', attempt.state);
  redirect.searchParams.set('iss', client.issuer);
  return redirect;
}
