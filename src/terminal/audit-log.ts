import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { errorCode } from '../errors.ts';
import type { Audit } from '../system/audit.ts';
import { stateDirectory } from '../system/directories.ts';
import { makeDirectory } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { jsonLogger } from './pino.ts';

const maxBytes = 1 << 20;
/** audit.log, audit.log.1 … audit.log.4 */
const generations = 5;

function auditPath(system: System): string {
  return join(stateDirectory(system), 'audit.log');
}

/**
 * One JSON line an event, appended in one write, so that processes do not mix; 0600, rotated by
 * size. What cannot be logged must not stop a login from being kept: it is told on stderr.
 */
export function auditLog(system: System): Audit {
  const path = auditPath(system);
  return async ({ suspicious, ...event }) => {
    try {
      await makeDirectory(dirname(path));
      await rotate(path);
      const descriptor = openSync(path, 'a', 0o600);
      try {
        const write = (line: string) => {
          writeSync(descriptor, system.secrets.redact(line));
        };
        const logger = await jsonLogger('info', write);
        if (suspicious === undefined) logger.info({ ...event, hint: null });
        else logger.warn({ ...event, hint: suspicious });
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      system.stderr.write(`mailctl: cannot write ${path} (${errorCode(error) ?? 'error'})\n`);
    }
  };
}

async function rotate(path: string): Promise<void> {
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size < maxBytes) return;
  for (let generation = generations - 1; generation > 0; generation--) {
    const from = generation === 1 ? path : `${path}.${generation - 1}`;
    // Two processes may rotate at once; the second finds nothing to move.
    await rename(from, `${path}.${generation}`).catch(() => {});
  }
}

const entry = v.object({
  level: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
  pid: v.number(),
  event: v.string(),
  account: v.string(),
  provider: v.string(),
  reason: v.nullable(v.string()),
  hint: v.nullable(v.string()),
});

export type AuditEntry = v.InferOutput<typeof entry>;

/** Every event still kept, oldest first. A line a crash has cut is left out. */
export async function readAuditLog(system: System): Promise<AuditEntry[]> {
  const path = auditPath(system);
  const names = Array.from({ length: generations }, (_, index) =>
    index === 0 ? path : `${path}.${index}`,
  ).reverse();
  const texts = await Promise.all(names.map((name) => readFile(name, 'utf8').catch(() => '')));
  return texts.flatMap((text) => text.split('\n')).flatMap(parseEntry);
}

function parseEntry(line: string): AuditEntry[] {
  try {
    return [v.parse(entry, JSON.parse(line))];
  } catch {
    return [];
  }
}
