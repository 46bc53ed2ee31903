import { expect, it } from 'vitest';
import { run } from '../support/run.ts';
import { type Answer, goodTokens } from '../support/scripted-oauth.ts';
import { logIn } from '../support/waiting-login.ts';

const portal = '<html><body>Welcome to the hotel. Please accept our terms.</body></html>';
const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  body: status === 429 ? { error: 'slow_down' } : 'busy',
  headers,
});
const afterSeconds =
  (seconds: number): Answer =>
  (_, response) => {
    // A date has whole seconds (RFC 9110 §5.6.7).
    const at = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000);
    response.writeHead(503, { 'retry-after': at.toUTCString() });
    response.end('busy');
  };
const html: Answer = { status: 200, body: portal, headers: { 'content-type': 'text/html' } };
const reset: Answer = (request) => void request.socket.resetAndDestroy();

/** What is over in a moment, and how long the provider wants to be left alone, seconds. */
const troubles: readonly (readonly [string, Answer, number])[] = [
  ['500', answer(500), 0],
  ['503 without a date', answer(503), 0],
  ['503 with a date', afterSeconds(2), 2],
  ['429 with seconds', answer(429, { 'retry-after': '2' }), 2],
  ['the page of a captive portal', html, 0],
  ['a connection that is reset', reset, 0],
];

it('what is over in a moment is tried again, not before its time; what stays is temporary', async () => {
  await Promise.all(
    troubles.map(async ([name, trouble, seconds]) => {
      const { home, oauth } = await logIn({ timeouts: 'timeouts = { command = 20 }\n' });
      const times: number[] = [];
      const timed =
        (given: Answer): Answer =>
        async (request, response) => {
          times.push(performance.now());
          if (typeof given === 'function') return given(request, response);
          response.writeHead(given.status, {
            'content-type': 'application/json',
            ...given.headers,
          });
          response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
        };
      const renewed = { ...goodTokens, access_token: `renewed-canary-${times.length}` };
      oauth.answerTokens(timed(trouble), timed({ status: 200, body: renewed }));
      const result = await run(['token', '--min-valid', '90m'], { home });
      expect(result, `${name}: ${result.stderr}`).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toBe(`${renewed.access_token}\n`);
      expect(times, name).toHaveLength(2);
      expect((times[1] ?? 0) - (times[0] ?? 0), name).toBeGreaterThan(seconds * 1000 - 50);

      oauth.answerTokens(timed(trouble));
      const startedAt = performance.now();
      const failed = await run(['token', '--min-valid', '150m'], { home });
      expect(failed, `${name}: ${failed.stderr}`).toMatchObject({ code: 75, stdout: '' });
      expect(failed.stderr, name).toMatch(/^mailctl: [^\n]+\n {2}→ [^\n]+\n$/);
      expect(performance.now() - startedAt, name).toBeLessThan(25_000);
      expect(times.length, name).toBe(2 + 3);
      // Nothing was taken away by it.
      expect(await run(['token'], { home }), name).toMatchObject({
        code: 0,
        stdout: `${renewed.access_token}\n`,
      });
    }),
  );
}, 90_000);
