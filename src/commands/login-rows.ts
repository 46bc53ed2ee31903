import * as v from 'valibot';
import { account, flag, list, maybeText, maybeTime, number, text } from './row-fields.ts';

const mailAddress = text('the address of the mailbox');

/** The accounts of the config, and their logins. */
export const loginRows = {
  account: v.object({
    type: v.literal('account'),
    account,
    address: mailAddress,
    provider: maybeText('null for a server described in the config alone'),
    store: text('where the tokens are kept'),
    login: v.pipe(
      v.picklist(['ok', 'expired', 'ended', 'none', 'store-error']),
      v.description('expired is renewed when used, ended needs a login'),
    ),
    scopes: list(v.string(), 'as granted'),
    expiresAt: maybeTime('when the access token ends'),
    grantedAt: maybeTime('when somebody logged in'),
    rotatedAt: maybeTime('when the provider last gave another refresh token'),
    endsAt: maybeTime('when the login ends unless it is used before'),
    works: v.pipe(
      v.nullable(v.boolean()),
      v.description('of --check: whether the mail server takes the login'),
    ),
    problem: maybeText('in words'),
  }),
  authorization: v.object({
    type: v.literal('authorization'),
    url: text('to be opened in a browser'),
  }),
  device: v.object({
    type: v.literal('device'),
    userCode: text('what the person types'),
    verificationUri: text('where'),
    verificationUriComplete: maybeText('the same with the code in it'),
    expiresAt: maybeTime('until when'),
  }),
  login: v.object({
    type: v.literal('login'),
    account,
    address: mailAddress,
    expiresAt: maybeTime('when the access token ends'),
  }),
  logout: v.object({
    type: v.literal('logout'),
    account,
    address: mailAddress,
    removed: flag('a login was kept here, and is no longer'),
    revoked: flag('the provider has ended it'),
  }),
  token: v.object({
    type: v.literal('token'),
    accessToken: text('a secret'),
    expiresAt: maybeTime('null where the provider does not say'),
  }),
  event: v.object({
    type: v.literal('event'),
    time: v.pipe(v.string(), v.isoTimestamp()),
    event: text('what has happened'),
    account,
    provider: text('its id or issuer'),
    reason: maybeText('in words'),
    hint: maybeText('what to do'),
    suspicious: flag('this should not have happened'),
    pid: number('the process'),
  }),
  store: v.object({
    type: v.literal('store'),
    account,
    from: text('the store that was left'),
    to: text('the store that has the tokens now'),
  }),
} as const;
