import type { OAuthServer } from '../sandbox/oauth-server.ts';
import type { Script, Talk } from './scripted-imap.ts';
import { opened, threeLetters } from './usual-imap.ts';

export interface TokenImap {
  readonly capabilities: string;
  /** Default: every mechanism the capabilities name. */
  readonly refused?: RegExp;
  readonly on?: Script['on'];
}

/** A scripted mail server that asks the login server about each token, as Dovecot does. */
export function tokenImap(oauth: OAuthServer, about: TokenImap): Script {
  const { capabilities, refused, on = [] } = about;
  return {
    capabilities,
    on: [
      ...(refused === undefined ? [] : [[refused, '<tag> BAD not like this\r\n'] as const]),
      ...on,
      [/^AUTHENTICATE /, (talk) => answerToken(oauth, talk)],
    ],
  };
}

async function answerToken(oauth: OAuthServer, talk: Talk): Promise<void> {
  const [, , initial] = talk.command.split(' ');
  if (initial === undefined) await talk.send('+ \r\n');
  const response = Buffer.from(initial ?? (await talk.line()), 'base64').toString();
  const [, token = ''] = /auth=Bearer ([^\x01]+)/.exec(response) ?? [];
  if (await oauth.isActive(token)) return talk.send('<tag> OK logged in\r\n');
  const problem = { status: '400', schemes: 'Bearer', scope: 'mail' };
  await talk.send(`+ ${Buffer.from(JSON.stringify(problem)).toString('base64')}\r\n`);
  await talk.line();
  await talk.send('<tag> NO [AUTHENTICATIONFAILED] Invalid credentials\r\n');
}

/** Opens no folder to who has not said what program it is after the login (NetEase). */
export function idImap(password: string): Script {
  const known = new WeakSet<AbortSignal>();
  const loggedIn = new WeakSet<AbortSignal>();
  return {
    capabilities: 'IMAP4rev1 ID AUTH=PLAIN',
    on: [
      [
        /^ID /,
        async (talk) => {
          if (loggedIn.has(talk.gone)) known.add(talk.gone);
          await talk.send('* ID ("name" "Coremail" "vendor" "Mailtech")\r\n<tag> OK done\r\n');
        },
      ],
      [
        /^AUTHENTICATE PLAIN/,
        async (talk) => {
          await talk.send('+ \r\n');
          const [, , given] = Buffer.from(await talk.line(), 'base64')
            .toString()
            .split('\0');
          if (given === password) loggedIn.add(talk.gone);
          await talk.send(given === password ? '<tag> OK logged in\r\n' : '<tag> NO no\r\n');
        },
      ],
      [
        /^(SELECT|EXAMINE) /,
        async (talk) => {
          const unsafe = '<tag> NO EXAMINE Unsafe Login. Please contact kefu@188.com for help\r\n';
          await talk.send(known.has(talk.gone) ? opened(threeLetters) : unsafe);
        },
      ],
    ],
  };
}
