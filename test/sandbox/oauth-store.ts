import type { Adapter, AdapterPayload } from 'oidc-provider';

type Model = 'AccessToken' | 'ClientCredentials' | 'RefreshToken' | 'Grant';

/** What one authorization server has issued, in memory, so that a test can take it back. */
export interface OAuthStore {
  adapter(model: string): Adapter;
  /** Forgets every entry of one kind, as if it had never been issued. */
  clear(model: Model): void;
}

/**
 * Storage for `oidc-provider`. Its own in-memory storage is one for the whole process; tests run
 * several servers in one process and must not see each other's grants.
 */
export function createOAuthStore({
  forgetUsedTokens = false,
  redirectUris,
}: {
  /** Of a refresh token that was replaced nobody knows later that it was used. */
  forgetUsedTokens?: boolean;
  /** Of every client that registers itself, whatever it asked for. */
  redirectUris?: readonly string[] | undefined;
} = {}): OAuthStore {
  const models = new Map<string, Map<string, AdapterPayload>>();

  const entries = (model: string): Map<string, AdapterPayload> => {
    const known = models.get(model) ?? new Map<string, AdapterPayload>();
    models.set(model, known);
    return known;
  };

  const findBy = (model: string, wanted: (payload: AdapterPayload) => boolean) =>
    [...entries(model).values()].find(wanted);

  return {
    adapter: (model) => ({
      upsert: async (id, payload) => {
        const changed = model === 'Client' && redirectUris ? { redirect_uris: redirectUris } : {};
        entries(model).set(id, { ...payload, ...changed });
      },
      find: async (id) => entries(model).get(id),
      findByUid: async (uid) => findBy(model, (payload) => payload.uid === uid),
      findByUserCode: async (userCode) => findBy(model, (payload) => payload.userCode === userCode),
      consume: async (id) => {
        if (forgetUsedTokens && model === 'RefreshToken') return;
        const payload = entries(model).get(id);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void entries(model).delete(id),
      revokeByGrantId: async (grantId) => {
        for (const [id, payload] of entries(model)) {
          if (payload.grantId === grantId) entries(model).delete(id);
        }
      },
    }),
    clear: (model) => models.delete(model),
  };
}
