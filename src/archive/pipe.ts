import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '../errors.ts';
import { measured } from './content.ts';
import { NotTaken } from './not-taken.ts';
import type { MessageToStore, OpenSink, Place, Sink, StoredPlace } from './sink.ts';

/**
 * Each message to the stdin of a command of the person's own, one after the other, run by the
 * shell as it would be from a terminal. What says no (an exit status other than 0) is not stored.
 * Nothing of a message is ever part of the command line; what is known of it is in the environment.
 */
export const pipe: Sink = async (place) => {
  const { command } = place;
  if (command === null) throw new Failure('usage', 'there is no command to give messages to');
  const queue: { last: Promise<unknown> } = { last: Promise.resolve() };
  return {
    async storedUids() {
      return []; // where they are now only the command knows
    },
    store(message) {
      const stored = queue.last.then(() => give(message, command, place));
      queue.last = stored.catch(() => {});
      return stored;
    },
    settle: async () => [],
  } satisfies OpenSink;
};

async function give(message: MessageToStore, command: string, place: Place): Promise<StoredPlace> {
  place.signal.throwIfAborted();
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', place.json ? 'ignore' : 'inherit', 'inherit'],
    env: { ...innocent(process.env), ...facts(message, place) },
    signal: place.signal,
  });
  const ended = once(child, 'close');
  ended.catch(() => {});
  child.on('error', () => {}); // told by 'close', or by what awaits it
  // One that does not read its input may still succeed.
  let reads = true;
  child.stdin.on('error', () => {
    reads = false;
  });
  const keepRaw = place.lineEndings === 'keep';
  const { content, fingerprint } = measured(message.content, { keepRaw });
  let sizeBytes = 0;
  try {
    for await (const { raw, lf } of content) {
      const piece = place.lineEndings === 'lf' ? lf : raw;
      sizeBytes += piece.byteLength;
      if (!reads) continue;
      if (!child.stdin.write(piece)) {
        await Promise.race([once(child.stdin, 'drain').catch(() => {}), ended.catch(() => {})]);
      }
    }
  } catch (error) {
    // Half a message must not look like a whole one.
    child.kill('SIGKILL');
    await ended.catch(() => {});
    throw error;
  }
  child.stdin.end();
  const [code, signal]: unknown[] = await ended;
  if (code !== 0) throw new NotTaken(`the command ended with ${String(code ?? signal)}`);
  return { path: null, sizeBytes, fingerprint: fingerprint() };
}

/** A program of somebody else's gets no secret of ours. */
function innocent(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MAILCTL_')));
}

function facts(message: MessageToStore, { labels, uidValidity }: Place): Record<string, string> {
  return {
    MAILCTL_ACCOUNT_NAME: labels.account,
    MAILCTL_FOLDER: labels.folder.replaceAll('\0', ''),
    MAILCTL_UIDVALIDITY: String(uidValidity),
    MAILCTL_UID: String(message.uid),
    MAILCTL_FLAGS: message.flags.join(' ').replaceAll('\0', ''),
    MAILCTL_DATE: message.internalDate?.toISOString() ?? '',
  };
}
