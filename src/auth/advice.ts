import type { ClientTrial } from '../account/account.ts';
import type { TokenSet } from './token-set.ts';

/**
 * What to do about an answer of a token or authorization endpoint. `error` is what protocols
 * define; AADSTS numbers and error_subtype are diagnostics that may change, so they choose a hint
 * and nothing else.
 */
export interface EndpointError {
  readonly error: string;
  readonly description: string | null;
  /** Google's `error_subtype`. */
  readonly subtype: string | null;
}

interface Advice {
  readonly when: (error: EndpointError) => boolean;
  readonly hint: string;
}

const byCode = (...codes: readonly string[]) => {
  const numbers = new Set(codes);
  return ({ description }: EndpointError) =>
    [...(description ?? '').matchAll(/\bAADSTS(\d{5,7})\b/g)].some(([, code]) =>
      numbers.has(code ?? ''),
    );
};
const byError = (...errors: readonly string[]) => {
  const names = new Set(errors);
  return ({ error }: EndpointError) => names.has(error);
};
const bySubtype =
  (name: string) =>
  ({ subtype }: EndpointError) =>
    subtype === name;

/** The first that fits; sources are the providers' own pages on their errors. */
export const adviceTable: readonly Advice[] = [
  {
    when: bySubtype('invalid_rapt'),
    hint: 'your organisation asks for a fresh login from time to time: mailctl login; an administrator can exempt this client',
  },
  {
    when: byError('admin_policy_enforced', 'org_internal'),
    hint: 'ask your administrator to allow this client',
  },
  {
    when: byError('redirect_uri_mismatch'),
    hint: 'register the redirect URI of a desktop client: http://127.0.0.1 or http://localhost, any port',
  },
  {
    when: byCode('50011'),
    hint: 'register http://localhost under "Mobile and desktop applications" of the client',
  },
  {
    when: byCode(
      '50020',
      '500208',
      '50034',
      '51004',
      '50194',
      '700016',
      '700011',
      '500011',
      '7000012',
    ),
    hint: 'the client and the account belong to different tenants: set oauth.issuer to the right one',
  },
  {
    when: byCode('50053', '50055', '50057', '50126'),
    hint: 'sign in at the provider to unlock the account or renew its password, then mailctl login',
  },
  {
    when: byCode(
      '50058',
      '50072',
      '50074',
      '50076',
      '50078',
      '50079',
      '50173',
      '54005',
      '70000',
      '70008',
      '70043',
      '700082',
      '700084',
    ),
    hint: 'mailctl login',
  },
  { when: byCode('70016', '70018', '70019'), hint: 'mailctl login --device' },
  { when: byCode('50105'), hint: 'ask your administrator to assign you to this client' },
  {
    when: byCode('50196'),
    hint: 'too many identical requests: wait some minutes, then mailctl login',
  },
  {
    when: byCode('53000', '53001', '53002', '53003', '530035'),
    hint: 'conditional access forbids this login: ask your administrator',
  },
  {
    when: byCode('65001', '65004', '90094'),
    hint: 'the client needs consent: mailctl login, and accept; or ask your administrator to',
  },
  {
    when: byCode('650052', '650056', '650057', '70011', '28002', '28003', '900144'),
    hint: 'add the permission IMAP.AccessAsUser.All to the client, and check the scopes in the config',
  },
  {
    when: byCode('70002', '7000215', '7000222'),
    hint: 'the client secret is wrong or has run out: mailctl login with the new one',
  },
  { when: byCode('700025'), hint: 'this client is public: leave the secret out' },
  { when: byCode('7000218'), hint: 'switch on "Allow public client flows" for the client' },
  {
    when: (error) =>
      byCode('7000112')(error) || byError('deleted_client', 'disabled_client')(error),
    hint: 'the client is disabled; register one of your own and give its id',
  },
  {
    when: ({ error, description }) =>
      error === 'invalid_request' && /\bclient_secret\b/.test(description ?? ''),
    hint: 'this client needs its secret: mailctl login --client-secret-file FILE',
  },
  {
    when: byError('invalid_client', 'unauthorized_client'),
    hint: 'check client_id and the client secret, and that the client may use this flow',
  },
  {
    when: byError('invalid_scope'),
    hint: 'check the scopes in the config against what the client may ask for',
  },
  {
    when: byError('invalid_target'),
    hint: 'the provider wants another resource; check its documentation',
  },
];

/** Null where nothing better than the general hint is known. */
export function adviceFor(error: EndpointError): string | null {
  return adviceTable.find(({ when }) => when(error))?.hint ?? null;
}

const dayMs = 86_400_000;

/**
 * Whether a login that has ended did so because its client is not published: the provider says
 * `invalid_grant` as for everything else, so it is known by its age. It never worked for longer
 * than a trial lasts, and was found dead not much later.
 */
export function endedByTrial(
  { days }: Pick<ClientTrial, 'days'>,
  { grantedAt, obtainedAt }: Pick<TokenSet, 'grantedAt' | 'obtainedAt'>,
  now: Date,
): boolean {
  const daysAfter = (date: Date) => (date.getTime() - grantedAt.getTime()) / dayMs;
  // Providers end it to the hour; clocks differ a little.
  const tolerance = 0.1;
  return (
    daysAfter(obtainedAt) <= days + tolerance &&
    daysAfter(now) >= days - tolerance &&
    daysAfter(now) <= 2 * days
  );
}
