import * as v from 'valibot';
import { flag, list, maybeNumber, maybeText, number, text } from './row-fields.ts';

const note = list(v.string(), 'for people');

/** The `provider` row; what is optional is only in `providers show`. */
export const providerRow = v.object({
  type: v.literal('provider'),
  id: text('what --provider takes'),
  name: text('for people'),
  state: v.pipe(
    v.picklist(['oauth', 'oauth-by-request', 'app-password']),
    v.description('how one logs in'),
  ),
  domains: list(v.string(), 'of mail addresses'),
  mx: list(v.string(), 'mail exchangers of its customers'),
  imapHost: maybeText('null where everybody has a server of their own'),
  scopes: list(v.string(), 'what is asked for'),
  deviceFlow: flag('whether a login by device code gives a token for mail'),
  clientSecret: v.pipe(
    v.nullable(v.picklist(['required', 'forbidden', 'optional'])),
    v.description('null where there is no OAuth'),
  ),
  tried: maybeText('what has been tried on the live service'),
  scopeReasons: v.optional(
    list(v.object({ name: text('the scope'), why: text('the reason') }), 'why'),
  ),
  issuer: v.optional(maybeText('or how it is spelled')),
  redirect: v.optional(
    v.nullable(
      v.variant('kind', [
        v.object({
          kind: v.literal('loopback'),
          host: text('the loopback address'),
          port: maybeNumber('null for any'),
        }),
        v.object({ kind: v.literal('paste'), uri: text('its address is pasted') }),
      ]),
    ),
  ),
  rotation: v.optional(
    v.nullable(v.picklist(['kept', 'replaced', 'single-use', 'near-end', 'unknown'])),
  ),
  revocable: v.optional(v.nullable(v.boolean())),
  lifetime: v.optional(
    v.nullable(v.object({ unusedDays: maybeNumber('after so many it is dead'), notes: note })),
  ),
  password: v.optional(
    v.nullable(v.object({ name: text('what the provider calls it'), url: text('where') })),
  ),
  mechanisms: v.optional(list(v.string(), 'SASL, for tokens')),
  limits: v.optional(
    v.object({
      connections: maybeNumber('at the same time'),
      bytesPerDay: maybeNumber('to be downloaded'),
      newestMessages: maybeNumber('that IMAP shows'),
    }),
  ),
  notes: v.optional(note),
  doubts: v.optional(note),
});

/** What a person has to do to get a client ID. */
export const stepRow = v.object({
  type: v.literal('step'),
  number: number('from 1'),
  text: text('what to do'),
  url: maybeText('the page to open for it'),
  command: maybeText('what to type'),
});
