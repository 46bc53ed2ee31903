import * as v from 'valibot';
import type { ImapServer } from '../account/account.ts';
import { errorCode, errorField, errorText, Failure } from '../errors.ts';
import { isCertificateError } from '../system/certificate-errors.ts';

/** Response codes (RFC 5530 and kin) that mean: not now. */
const temporaryResponses = new Set([
  'UNAVAILABLE',
  'INUSE',
  'LIMIT',
  'OVERQUOTA',
  'THROTTLED',
  'SERVERBUG',
]);

/** Codes of imapflow that mean the server does not speak IMAP, or too much of it. */
const protocolCodes = new Set([
  'UnexpectedTag',
  'MissingTag',
  'InvalidResponse',
  'ResponseProcessingFailed',
  'STARTTLS_INJECTION',
  'COMPRESS_TRAILING_DATA',
  'LineTooLarge',
  'LiteralTooLarge',
  'ResponseTooLarge',
  'TooManyTokens',
  'TooManyResponses',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

const oldTlsCodes = new Set([
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
]);

/** Whether the server refused the credentials themselves (not the moment, not the mechanism). */
export function isAuthenticationRefused(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    Reflect.get(error, 'authenticationFailed') === true &&
    !temporaryResponses.has(errorField(error, 'serverResponseCode') ?? '')
  );
}

/**
 * Exchange says OK to a login and then that its mailbox cannot be opened. imapflow reports it as a
 * refused login, but without the status of an answer to one.
 * @throws Failure 'refused' if it is that
 */
export function explainNotConnected(error: unknown, { host }: ImapServer, user: string): void {
  const said = errorField(error, 'response');
  const answered = errorField(error, 'responseStatus') !== null;
  if (answered || said === null || !isAuthenticationRefused(error)) return;
  throw new Failure('refused', `${host} took the login, but does not open ${user}: ${said}`, {
    hint: 'IMAP may be off for this mailbox, or the login has no right to it; if it has worked before, try again later',
    cause: error,
  });
}

/**
 * One sentence for whatever went wrong with an IMAP server, recognised by code and field only.
 * `first` is the first error the connection reported: a promise often says just "not available".
 */
export function explainImapError(error: unknown, server: ImapServer, first?: unknown): Failure {
  if (error instanceof Failure) return error;
  const where = `${server.host}:${server.port}`;
  for (const candidate of [first, error]) {
    const failure = candidate === undefined ? null : explainCode(candidate, where, server);
    if (failure !== null) return failure;
  }
  const answer = errorField(error, 'responseText');
  const status = errorField(error, 'responseStatus');
  if (status !== null) {
    const kind = temporaryResponses.has(responseCode(error)) ? 'temporary' : 'refused';
    return new Failure(kind, `${where} said ${status}${answer === null ? '' : `: ${answer}`}`, {
      hint: kind === 'temporary' ? 'try again later' : undefined,
      cause: error,
    });
  }
  const reason = errorField(error, 'reason');
  const early = errorCode(error)?.startsWith('ClosedAfterConnect') === true;
  const what = early
    ? `${where} closed the connection before the login was done`
    : `lost the connection to ${where}`;
  return new Failure('temporary', `${what}${reason === null ? '' : `: ${reason}`}`, {
    hint: 'try again later',
    cause: first ?? error,
  });
}

/** Where imapflow leaves the code of a refused FETCH: in the answer as it was parsed. */
const parsedAnswer = v.object({
  response: v.object({
    attributes: v.looseTuple([
      v.object({ section: v.looseTuple([v.object({ value: v.string() })]) }),
    ]),
  }),
});

/** The code in brackets of a NO or BAD (RFC 3501 §7.1), '' where there is none. */
function responseCode(error: unknown): string {
  const parsed = v.safeParse(parsedAnswer, error);
  const [attribute] = parsed.success ? parsed.output.response.attributes : [];
  return errorField(error, 'serverResponseCode') ?? attribute?.section[0].value.toUpperCase() ?? '';
}

function explainCode(error: unknown, where: string, server: ImapServer): Failure | null {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  if (code === null) return isTlsFailure(error) ? noStartTls(error, where) : null;
  if (oldTlsCodes.has(code)) {
    return new Failure('protocol', `${where} speaks only a version of TLS that is no longer safe`, {
      hint: 'its operator must switch on TLS 1.2 or newer',
      cause: error,
    });
  }
  if (isCertificateError(code)) {
    return new Failure(
      'protocol',
      `the certificate of ${where} is not trusted: ${errorText(error)}`,
      {
        hint: certificateHint(code),
        cause: error,
      },
    );
  }
  if (code === 'ETHROTTLE') {
    return new Failure('temporary', `${where} asks to wait: too many requests`, {
      hint: 'try again later',
      cause: error,
    });
  }
  if (code === 'CONNECT_TIMEOUT' || code === 'UPGRADE_TIMEOUT' || code === 'ETIMEDOUT') {
    return new Failure('temporary', `${where} does not take the connection in time`, {
      hint: 'check the network, then try again',
      cause: error,
    });
  }
  if (code === 'GREETING_TIMEOUT') {
    return new Failure('temporary', `${where} sends no greeting in time`, {
      hint: 'check host and port, then try again',
      cause: error,
    });
  }
  if (code === 'ETIMEOUT') {
    // imapflow's own code, for timeouts.idle; the system's is ETIMEDOUT.
    return new Failure('temporary', `${where} has said nothing for too long`, {
      hint: 'try again later',
      cause: error,
    });
  }
  if (protocolCodes.has(code)) {
    const tls = code.startsWith('ERR_SSL') && server.security === 'tls';
    return new Failure(
      'protocol',
      `${where} does not speak ${tls ? 'TLS' : 'IMAP'} as it should (${code})`,
      {
        hint: tls
          ? 'check the port; for STARTTLS set imap.security = "starttls"'
          : 'check host and port',
        cause: error,
      },
    );
  }
  if (/^E[A-Z_]+$/.test(code) && code !== 'EConnectionClosed') {
    return new Failure('temporary', `cannot reach ${where} (${code})`, {
      hint: 'check the network, then try again',
      cause: error,
    });
  }
  return null;
}

function certificateHint(code: string): string {
  if (code === 'ERR_TLS_FINGERPRINT') {
    return 'if its operator has replaced it, set imap.tls_fingerprint in the config to the new one';
  }
  return code.startsWith('CERT_')
    ? 'its operator must renew it; if it is new, check the clock of this computer'
    : 'for a private authority name its PEM file: --ca-file, or imap.ca_file in the config';
}

function isTlsFailure(error: unknown): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, 'tlsFailed') === true;
}

function noStartTls(error: unknown, where: string): Failure {
  return new Failure('refused', `${where} does not switch to TLS (STARTTLS)`, {
    hint: 'nothing is sent in clear text; check the port, or set imap.security = "tls"',
    cause: error,
  });
}
