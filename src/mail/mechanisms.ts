import type { ImapFlow } from 'imapflow';
import type { ImapServer } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { ServerLogin } from './login-source.ts';

type Capabilities = ImapFlow['capabilities'];

/**
 * Keep imapflow from what a server offers: it takes OAUTHBEARER wherever that is offered, and sends
 * its first answer along wherever SASL-IR is. It asks `capabilities` for both, which is part of its
 * public face.
 */
export function hideCapabilities(
  client: ImapFlow,
  isHidden: (name: string, offered: Capabilities) => boolean,
): void {
  let { capabilities } = client;
  Object.defineProperty(client, 'capabilities', {
    get: () => capabilities,
    set: (offered: Capabilities) => {
      capabilities = new Map([...offered].filter(([name]) => !isHidden(name, offered)));
    },
  });
}

/** What a server offers and its login must not use. */
export function unwanted(
  { mechanisms, initialResponse }: ImapServer,
  name: string,
  offered: Capabilities,
): boolean {
  if (name === 'SASL-IR') return !initialResponse;
  const chosen = mechanisms.find((mechanism) => offered.has(`AUTH=${mechanism}`));
  return chosen === 'XOAUTH2' && name === 'AUTH=OAUTHBEARER';
}

/** What imapflow is given to log in with. */
export function credentials(login: ServerLogin): { accessToken: string } | { pass: string } {
  return login.kind === 'token' ? { accessToken: login.accessToken } : { pass: login.password };
}

const forTokens = ['AUTH=OAUTHBEARER', 'AUTH=XOAUTH2', 'AUTH=XOAUTH'];
const forPasswords = ['AUTH=PLAIN', 'AUTH=LOGIN'];

/** Tell a server that has no way to log in as we want from one that is only broken. */
export function refuseUnknownMechanisms(
  { server, login }: { readonly server: ImapServer; readonly login: ServerLogin },
  offered: readonly string[],
  cause: unknown,
): void {
  const [what, known, way] =
    login.kind === 'token'
      ? ['login by OAuth (XOAUTH2, OAUTHBEARER)', forTokens, 'OAuth']
      : ['login by password', forPasswords, 'a login by password'];
  if (offered.some((capability) => known.includes(capability))) return;
  // Without any mechanism the LOGIN command remains, unless the server says otherwise.
  if (login.kind === 'password' && !offered.includes('LOGINDISABLED')) return;
  throw new Failure('refused', `${server.host} offers no ${what}`, {
    hint: `check that this is the right server, and that ${way} is switched on there`,
    cause,
  });
}
