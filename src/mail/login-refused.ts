import * as v from 'valibot';
import { errorField, errorText } from '../errors.ts';

/** Thrown when the server refused the login itself, so that another one may be tried. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';
  /** The URL of the metadata of the login server, where the mail server names one. */
  readonly metadata: string | null;

  constructor(error: unknown) {
    const answer = errorField(error, 'responseText') ?? errorText(error);
    const { status = null, scope = null, metadata = null } = tokenRefusal(error) ?? {};
    const details = [
      ...(status === null ? [] : [`status ${status}`]),
      ...(scope === null ? [] : [`it wants the scope ${scope}`]),
    ];
    super(details.length === 0 ? answer : `${answer} (${details.join(', ')})`, { cause: error });
    this.metadata = metadata;
  }
}

/** What a server says of a token it refuses, in JSON (RFC 7628 §3.2.2, Google's XOAUTH2). */
interface TokenRefusal {
  readonly status: string | null;
  /** What it would take. */
  readonly scope: string | null;
  /** The URL of the metadata of its login server. */
  readonly metadata: string | null;
}

const someText = v.optional(v.union([v.string(), v.number()]));
const refusalShape = v.object({
  oauthError: v.object({
    status: someText,
    scope: someText,
    'openid-configuration': v.optional(v.string()),
  }),
});

/** Null where the server has said nothing, or not in that form. */
function tokenRefusal(error: unknown): TokenRefusal | null {
  const parsed = v.safeParse(refusalShape, error);
  if (!parsed.success) return null;
  const { status, scope, 'openid-configuration': metadata } = parsed.output.oauthError;
  const text = (value: string | number | undefined) =>
    value === undefined || value === '' ? null : String(value);
  return { status: text(status), scope: text(scope), metadata: text(metadata) };
}
