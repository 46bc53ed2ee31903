/** What a mail server is shown as proof: an access token (XOAUTH2, OAUTHBEARER) or a password. */
export type ServerLogin =
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'password'; readonly password: string };

/**
 * Gives what the server will take. `refused` is what it has just turned down: another one is asked
 * for. The mail side does not know where logins come from.
 */
export type LoginSource = (options: {
  readonly refused: ServerLogin | undefined;
  /** What the server said to that, for a person. */
  readonly reason?: string | undefined;
}) => Promise<ServerLogin>;
