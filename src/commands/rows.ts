import * as v from 'valibot';
import { providerRow } from './provider-row.ts';
import { flag, list, maybeNumber, maybeText, maybeTime, number, text } from './row-fields.ts';

const account = text('the name of the account in the config');
const mailAddress = text('the address of the mailbox');
const folder = text('the path of the folder, as IMAP names it');
const uidValidity = number('a UID means something only together with this (RFC 3501 §2.3.1.1)');
const uid = number('the UID of the message in its folder');

const address = v.object({
  name: maybeText('as the sender wrote it'),
  address: maybeText('user@host'),
});

const part = v.object({
  part: text('the part number of IMAP, such as 1.2'),
  type: text('the media type, in lower case'),
  filename: maybeText('as the sender named it'),
  sizeBytes: maybeNumber('as it travels, mostly in base64'),
  attachment: flag('meant to be saved'),
  charset: maybeText('as it is declared'),
  encoding: text('the transfer encoding, in lower case'),
  disposition: maybeText('inline, attachment, or what else was written'),
  contentId: maybeText('without its brackets'),
});

const header = v.object({
  name: text('empty where a line has none'),
  value: text('unfolded and decoded'),
});

/**
 * Every row mailctl prints under `--json`: the one place that says which fields it has. The types,
 * `mailctl schema` and the table in the README follow it. Fields may be added; none is renamed or
 * removed within a major version.
 */
export const rowSchemas = {
  folder: v.object({
    type: v.literal('folder'),
    path: folder,
    role: maybeText('the special use (RFC 6154) in lower case: inbox, sent, drafts, all …'),
    messages: maybeNumber('null where the server was not asked, see --counts'),
    unseen: maybeNumber('messages that are not read'),
    uidNext: maybeNumber('the UID the next message will have, at least'),
    uidValidity: maybeNumber('changes when the server numbers the folder anew'),
  }),
  message: v.object({
    type: v.literal('message'),
    account,
    folder,
    uidValidity,
    uid,
    messageId: maybeText('the Message-ID with its brackets'),
    date: maybeTime('the Date header, else the arrival'),
    from: list(address, 'who wrote it'),
    to: list(address, 'whom it is to'),
    cc: list(address, 'who has a copy'),
    subject: maybeText('decoded'),
    sizeBytes: maybeNumber('of the whole message'),
    flags: list(v.string(), 'IMAP flags and keywords, such as \\Seen'),
    sender: v.optional(list(address, 'the Sender; this and all below only from show')),
    replyTo: v.optional(list(address, 'whom to answer')),
    bcc: v.optional(list(address, 'who has a blind copy')),
    inReplyTo: v.optional(maybeText('the Message-ID it answers, with its brackets')),
    references: v.optional(list(v.string(), 'the Message-IDs of its thread')),
    headers: v.optional(
      v.pipe(v.nullable(v.array(header)), v.description('all of them, with --headers')),
    ),
    text: v.optional(text('what a person reads')),
    html: v.optional(maybeText('the HTML as it was sent, with --html')),
    parts: v.optional(list(part, 'the leaves of its MIME tree, and messages within it')),
    problems: v.optional(list(v.string(), 'what of the text is not as it was meant')),
  }),
  uid: v.object({ type: v.literal('uid'), account, folder, uidValidity, uid }),
  count: v.object({
    type: v.literal('count'),
    account,
    folder,
    uidValidity,
    messages: number('how many were found'),
  }),
  search: v.object({
    type: v.literal('search'),
    command: text('the IMAP command, without its tag'),
    narrowedTo: v.pipe(
      v.nullable(v.picklist(['attached', 'unattached'])),
      v.description('what mailctl keeps of the answer, by a look at the structure'),
    ),
  }),
  attachment: v.object({
    type: v.literal('attachment'),
    account,
    folder,
    uidValidity,
    uid,
    part: text('the part number of IMAP, such as 1.2'),
    mediaType: text('in lower case'),
    filename: maybeText('as the sender named it'),
    sizeBytes: maybeNumber('of the file; reckoned where it is only listed'),
    path: maybeText('the file it was written to, or was in already; null where it is only listed'),
    problem: maybeText('why it was not saved'),
  }),
  saved: v.object({
    type: v.literal('saved'),
    account,
    folder,
    uidValidity,
    uid,
    path: maybeText('the file it was written to; null where it went to another program'),
    sizeBytes: number('as the server sent it; a file with LF line ends is smaller'),
  }),
  failed: v.object({
    type: v.literal('failed'),
    account,
    folder,
    uidValidity,
    uid,
    reason: text('why it is not there'),
  }),
  fetched: v.object({
    type: v.literal('fetched'),
    folder,
    saved: number('messages stored by this run'),
    skipped: number('messages that were there before'),
    failed: number('messages that could not be fetched'),
  }),
  planned: v.object({
    type: v.literal('planned'),
    folder,
    messages: number('how many would come'),
    sizeBytes: number('of them together, as the server says'),
  }),
  flags: v.object({
    type: v.literal('flags'),
    account,
    folder,
    uidValidity,
    uid,
    path: text('its file, the flags in its name'),
    flags: list(v.string(), 'as the server has them now'),
  }),
  gone: v.object({
    type: v.literal('gone'),
    account,
    folder,
    uidValidity,
    uid,
    path: maybeText('where its file is now; null after --prune'),
  }),
  returned: v.object({
    type: v.literal('returned'),
    account,
    folder,
    uidValidity,
    uid,
    path: text('its file, which was put away as gone'),
  }),
  changed: v.object({
    type: v.literal('changed'),
    account,
    folder,
    action: v.pipe(
      v.picklist(['mark-seen', 'move', 'delete']),
      v.description('what was done on the server'),
    ),
    messages: number('to how many'),
  }),
  mail: v.object({
    type: v.literal('mail'),
    account,
    folder,
    uidValidity,
    uid,
    date: maybeTime('of its arrival'),
    flags: list(v.string(), 'IMAP flags and keywords'),
    sizeBytes: number('as the server sent it'),
    emailId: maybeText('the id of the server for it (OBJECTID, Gmail)'),
    threadId: maybeText('the same for its thread'),
    labels: list(v.string(), 'of Gmail'),
    headers: list(v.object({ name: v.string(), value: v.string() }), 'in order, decoded'),
    text: maybeText('what a person reads'),
    source: maybeText('with --source: its bytes in base64'),
  }),
  discrepancy: v.object({
    type: v.literal('discrepancy'),
    account,
    folder,
    uidValidity,
    uid,
    what: v.pipe(
      v.picklist(['missing', 'damaged', 'extra']),
      v.description('extra: here, and no longer on the server'),
    ),
    reason: text('in words'),
    path: maybeText('its file, where there is one'),
  }),
  verified: v.object({
    type: v.literal('verified'),
    folder,
    messages: number('that are kept'),
    missing: number('on the server and not here'),
    damaged: number('not as they were stored'),
    extra: number('here and no longer on the server'),
  }),
  archive: v.object({
    type: v.literal('archive'),
    folder,
    format: text('maildir, mbox, eml …'),
    path: text('the folder on the disk'),
    uidValidity,
    messages: number('that are kept'),
    gone: number('of them no longer on the server, put away by --mirror'),
    failed: number('could not be fetched so far'),
    sizeBytes: number('of all that was stored, as far as the index knows'),
    complete: flag('the last run has stored all there was'),
    next: maybeText(
      'the command that fetches what is not there; null where all is, or a command has it',
    ),
  }),
  provider: providerRow,
  step: v.object({
    type: v.literal('step'),
    number: number('from 1'),
    text: text('what to do'),
    url: maybeText('the page to open for it'),
    command: maybeText('what to type'),
  }),
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

/** A failure under `--json`: the last line on stderr. */
export const errorRow = v.object({
  type: v.literal('error'),
  kind: text('what kind of failure'),
  message: text('one sentence'),
  hint: maybeText('what to do'),
  exitCode: number('the exit code'),
});

type Schemas = typeof rowSchemas;

/** The row of a type: `RowOf<'message'>`. */
export type RowOf<T extends keyof Schemas> = Unchanging<v.InferOutput<Schemas[T]>>;

type Unchanging<T> = T extends object ? { readonly [K in keyof T]: Unchanging<T[K]> } : T;

/** Whatever may be printed as a row. */
export type AnyRow = RowOf<keyof Schemas>;
