import { beforeAll, expect, test } from 'vitest';
import { type Case, judge, playAll } from '../../support/play.ts';
import type { Talk } from '../../support/scripted-imap.ts';

const challenge = `+ ${Buffer.from('{"status":"401","schemes":"Bearer","scope":"https://mail.example.org/"}').toString('base64')}\r\n`;

const logins = (commands: readonly string[]) =>
  commands.filter((command) => command.startsWith('AUTHENTICATE'));

const cases: readonly Case[] = [
  {
    name: 'B1 challenges the token, then refuses it (XOAUTH2)',
    script: { on: [[/^AUTHENTICATE/, refuseAfterChallenge('')]] },
    codes: [77],
    says: /refuses the access token in MAILCTL_ACCESS_TOKEN: Invalid credentials \(status 401, it wants the scope https:\/\/mail\.example\.org\/\)/,
    // A token that was given is all there is: it is not tried again.
    check: ({ commands }) => expect(logins(commands)).toHaveLength(1),
  },
  {
    name: 'B1 challenges the token, then refuses it (OAUTHBEARER)',
    script: {
      capabilities: 'IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN',
      on: [[/^AUTHENTICATE/, refuseAfterChallenge('AQ==')]],
    },
    codes: [77],
    says: /\(status 401, it wants the scope /,
  },
  {
    name: 'B2 refuses without a word',
    script: { on: [[/^AUTHENTICATE/, '<tag> NO AUTHENTICATE failed.\r\n']] },
    codes: [77],
  },
  {
    name: 'B4 repeats the token in its refusal',
    script: {
      on: [
        [
          /^AUTHENTICATE/,
          (talk) => talk.send(`<tag> NO [AUTHENTICATIONFAILED] ${talk.command} \x1b[31mbad\r\n`),
        ],
      ],
    },
    codes: [77],
  },
  {
    name: 'B5 cannot tell at the moment',
    script: {
      on: [[/^AUTHENTICATE/, '<tag> NO [UNAVAILABLE] Temporary authentication failure\r\n']],
    },
    codes: [75],
    says: /Temporary authentication failure/,
    check: ({ commands }) => expect(logins(commands)).toHaveLength(1),
  },
  {
    name: 'B6 is throttled',
    script: { on: [[/^AUTHENTICATE/, '<tag> NO [THROTTLED] Account exceeded limits\r\n']] },
    codes: [75],
  },
  {
    name: 'B7 answers with a tagged BYE',
    script: { on: [[/^AUTHENTICATE/, '<tag> BYE gone\r\n']] },
    codes: [69, 75, 76, 77],
  },
  {
    name: 'B8 never answers',
    script: { on: [[/^AUTHENTICATE/, () => {}]] },
    codes: [75],
    says: /did not finish the login within|has said nothing for too long/,
    withinMs: 8_500,
  },
  {
    name: 'B9 challenges without an end',
    script: {
      on: [
        [
          /^AUTHENTICATE/,
          async (talk) => {
            while (!talk.gone.aborted) {
              await talk.send(challenge);
              await talk.line();
            }
          },
        ],
      ],
    },
    codes: [69, 75, 76, 77],
    withinMs: 8_500,
  },
  {
    name: 'B10 says OK to a command nobody sent',
    script: { on: [[/^AUTHENTICATE/, 'ZZ99 OK welcome\r\n']] },
    codes: [75, 76],
    withinMs: 8_500,
  },
  {
    name: 'B11 takes passwords only',
    script: { capabilities: 'IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN' },
    codes: [69],
    says: /offers no login by OAuth/,
    check: ({ commands }) => expect(logins(commands)).toEqual([]),
  },
  {
    name: 'B11 offers XOAUTH2 and then cannot',
    script: {
      capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN',
      on: [[/^AUTHENTICATE XOAUTH2/, '<tag> NO [CANNOT] not here\r\n']],
    },
    codes: [69, 77],
    check: ({ commands }) => {
      expect(logins(commands).every((one) => one.startsWith('AUTHENTICATE XOAUTH2'))).toBe(true);
    },
  },
  {
    name: 'B12 is cut while it decides',
    script: { on: [[/^AUTHENTICATE/, (talk) => talk.reset()]] },
    codes: [75],
  },
  {
    name: 'B13 lets in and then does not know who',
    script: {
      capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 NAMESPACE',
      on: [
        [
          /^(NAMESPACE|LIST|STATUS|EXAMINE)/,
          '<tag> BAD User is authenticated but not connected.\r\n',
        ],
      ],
    },
    codes: [69, 75, 77],
  },
];

/** RFC 7628 §3.2.3: a client that is challenged gives up with an answer of its own. */
function refuseAfterChallenge(answer: string) {
  return async (talk: Talk) => {
    await talk.send(challenge);
    const given = await talk.line();
    await talk.send(
      given === answer
        ? '<tag> NO [AUTHENTICATIONFAILED] Invalid credentials\r\n'
        : `<tag> BAD that was not the answer: ${given}\r\n`,
    );
  };
}

let played: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  played = await playAll(cases);
});

test.each(cases)('$name', (one) => judge(one, played(one.name)));
