/** The words of mail. imapflow's own types end in connection.ts. */

export interface Mailbox {
  /** As IMAP names it, decoded: "Projects/Lighthouse". */
  readonly path: string;
  /** Between the levels of the path; null in a flat namespace. */
  readonly delimiter: string | null;
  /** Special use (RFC 6154), in lower case without the backslash; "inbox" for INBOX. */
  readonly role: string | null;
  /** False for a mere container (\Noselect). */
  readonly selectable: boolean;
  readonly messages: number | null;
  readonly unseen: number | null;
  readonly uidNext: number | null;
  readonly uidValidity: number | null;
}

/** A mailbox opened read-only (EXAMINE). A UID means something only with the UIDVALIDITY beside it. */
export interface OpenMailbox {
  readonly path: string;
  readonly delimiter: string | null;
  readonly messages: number;
  readonly uidValidity: number;
  readonly uidNext: number | null;
  /** Decimal digits: 63 bits (RFC 7162) do not fit into a number. */
  readonly highestModseq: string | null;
}

export interface Address {
  readonly name: string | null;
  readonly address: string | null;
}

/** A message without its body. */
export interface MessageSummary {
  readonly uid: number;
  readonly messageId: string | null;
  /** The Date header, else the time of arrival. */
  readonly date: Date | null;
  readonly from: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string | null;
  readonly sizeBytes: number | null;
  readonly flags: readonly string[];
}

/** What is known of a message before its body is asked for. */
export interface MessageFacts {
  readonly uid: number;
  readonly sizeBytes: number;
  readonly flags: readonly string[];
  readonly internalDate: Date | null;
}

/** A message with its bytes exactly as the server sent them. */
export interface FetchedMessage extends MessageFacts {
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What only the whole message row has beside a summary. */
export interface Correspondence {
  readonly sender: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly bcc: readonly Address[];
  /** Message-IDs in angle brackets, as they are written. */
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}
