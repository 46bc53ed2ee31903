import type { Account, ClientCredentialsLogin, ServiceAccountLogin } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { System } from '../system/system.ts';
import { openFor, secretProof } from './account-client.ts';
import type { ClientProof } from './client-proof.ts';
import { readSecret } from './secret-source.ts';
import { parseServiceAccount, signAssertion } from './service-account.ts';
import type { TokenResponse } from './token-response.ts';

/** Logins that no person has to say yes to. */
export type UnattendedLogin = ClientCredentialsLogin | ServiceAccountLogin;

/** A program in its own right, ready to ask for tokens. */
export interface UnattendedClient {
  readonly issuer: string;
  readonly clientId: string;
  /** @throws Failure 'login' | 'config' | 'temporary' | 'protocol' */
  request(): Promise<TokenResponse>;
}

export function openUnattended(
  account: Account,
  login: UnattendedLogin,
  storedSecret: string | null,
  system: System,
): Promise<UnattendedClient> {
  return login.kind === 'client-credentials'
    ? openClientCredentials(account, login, storedSecret, system)
    : openServiceAccount(account, login, system);
}

async function openClientCredentials(
  account: Account,
  login: ClientCredentialsLogin,
  storedSecret: string | null,
  system: System,
): Promise<UnattendedClient> {
  const client = await openFor(
    account,
    login,
    await proofOf(account, login, storedSecret, system),
    system,
  );
  return {
    issuer: client.issuer,
    clientId: login.clientId,
    request: () => client.requestByClient().catch(refused),
  };
}

async function proofOf(
  account: Account,
  login: ClientCredentialsLogin,
  storedSecret: string | null,
  system: System,
): Promise<ClientProof> {
  const { signingKey, signingCertificateFile } = login;
  if (signingKey !== null) {
    const key = system.secrets.add(await readSecret(signingKey, 'the signing key'));
    const certificate =
      signingCertificateFile === null
        ? null
        : await readSecret(
            { kind: 'file', path: signingCertificateFile },
            'the signing certificate',
          );
    return { kind: 'signature', key, certificate };
  }
  const proof = await secretProof(login, storedSecret, system);
  if (proof !== null) return proof;
  throw new Failure('config', `accounts.${account.name} has nothing to prove its client with`, {
    hint: 'give --client-secret-file or --signing-key to login, or name one in the config',
  });
}

async function openServiceAccount(
  account: Account,
  login: ServiceAccountLogin,
  system: System,
): Promise<UnattendedClient> {
  const key = parseServiceAccount(await readSecret(login.key, 'the service account key'));
  system.secrets.add(key.privateKey);
  const settings = {
    clientId: key.email,
    scopes: login.scopes,
    server: {
      kind: 'given',
      issuer: new URL(key.tokenEndpoint).origin,
      authorizationEndpoint: null,
      tokenEndpoint: key.tokenEndpoint,
      revocationEndpoint: null,
      deviceAuthorizationEndpoint: null,
    },
  } as const;
  const client = await openFor(account, settings, { kind: 'assertion' }, system);
  return {
    issuer: client.issuer,
    clientId: key.email,
    async request() {
      const { scopes } = login;
      const subject = account.mailbox;
      const assertion = await signAssertion(key, { subject, scopes, now: system.now() });
      return client.requestByAssertion(assertion).catch(refused);
    },
  };
}

/** No person can say yes again: another key helps, or a clock that is right. */
function refused(error: unknown): never {
  if (!(error instanceof Failure) || error.kind !== 'login') throw error;
  if (error.hint !== null && error.hint !== 'mailctl login') throw error;
  throw new Failure('login', error.message, {
    hint: 'check the clock of this machine, and at the provider whether the key or secret still holds',
    cause: error,
  });
}
