import type { Credential, Grant } from '../auth/token-set.ts';

/** What the ways to log in share. */
export interface LoginOptions {
  readonly browser: boolean;
  readonly device?: true | undefined;
  readonly check: boolean;
  readonly timeout: number;
  readonly clientSecretFile?: string | undefined;
  readonly passwordStdin?: true | undefined;
  /** The client secret that a client file holds. */
  readonly givenSecret: string | null;
  /** What the store has of this client from another login, or its registration gave. */
  readonly ownClient: StoredClient | null;
  /** Keep what was granted, in the config and in the store. */
  readonly keep: (credential: Credential) => Promise<void>;
}

export type StoredClient = Pick<Grant, 'clientSecret' | 'registrationAccessToken'>;
