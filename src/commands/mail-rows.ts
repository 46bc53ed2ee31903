import * as v from 'valibot';
import {
  account,
  flag,
  folder,
  list,
  maybeNumber,
  maybeText,
  maybeTime,
  number,
  text,
  uid,
  uidValidity,
} from './row-fields.ts';

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

/** What is on the server: folders, and messages in them. */
export const mailRows = {
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
} as const;
