import type { Command, Connection, Response } from 'hoodiecrow-imap';

interface Gate {
  readonly address: string;
  readonly isTokenActive: (accessToken: string) => Promise<boolean>;
}

/**
 * The server's side of XOAUTH2, with an initial response or without; resolves to the tagged
 * answer. A refusal comes in two steps, as at Gmail: a challenge with the error as JSON in
 * base64, then, after the client's empty line, the tagged NO.
 */
export async function answerXoauth2(
  connection: Connection,
  command: Command,
  gate: Gate,
): Promise<Response> {
  const tagged = (status: 'OK' | 'NO' | 'BAD', text: string): Response => ({
    tag: command.tag,
    command: status,
    attributes: [{ type: 'TEXT', value: text }],
  });
  if (connection.state !== 'Not Authenticated') return tagged('BAD', 'Already authenticated');

  const initial = command.attributes?.[0];
  const response =
    typeof initial === 'object' && initial !== null && 'value' in initial
      ? (initial.value ?? '')
      : await challenge(connection, '');
  const credentials = /^user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01$/i.exec(
    Buffer.from(response, 'base64').toString('utf8'),
  );
  if (credentials === null) return tagged('BAD', 'Invalid SASL argument');

  const [, user = '', accessToken = ''] = credentials;
  try {
    if (user === gate.address && (await gate.isTokenActive(accessToken))) {
      connection.state = 'Authenticated';
      return tagged('OK', `${user} authenticated`);
    }
  } catch {
    return tagged('NO', '[UNAVAILABLE] The authorization server does not answer');
  }
  const problem = { status: '400', schemes: 'Bearer', scope: 'https://mail.example.org/' };
  await challenge(connection, Buffer.from(JSON.stringify(problem)).toString('base64'));
  return tagged('NO', '[AUTHENTICATIONFAILED] Invalid credentials (Failure)');
}

/** Written to the socket directly: hoodiecrow leaves out the space after a bare `+`. */
function challenge(connection: Connection, text: string): Promise<string> {
  return new Promise((resolve) => {
    connection.inputHandler = (line) => {
      connection.inputHandler = false;
      resolve(line);
    };
    connection.socket?.write(`+ ${text}\r\n`);
  });
}
