import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from '../errors.ts';
import type { System } from '../system/system.ts';

/** Only a person at a terminal is asked. */
export function canAsk({ stdin, stderr }: System): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Ask on stderr: stdout is for data. @throws Failure 'cancelled' on Ctrl-C or Ctrl-D */
export async function ask(system: System, question: string): Promise<string> {
  return readAnswer(system, question, true);
}

/** The same without showing what is typed. */
export async function askSecret(system: System, question: string): Promise<string> {
  return readAnswer(system, question, false);
}

async function readAnswer(system: System, question: string, echo: boolean): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (!echo) system.stderr.write(question);
  const reader = createInterface({
    input: system.stdin,
    output: echo ? system.stderr : silent,
    terminal: true,
  });
  const cancelled = new Promise<never>((_, reject) => {
    const cancel = () => reject(new Failure('cancelled', 'cancelled'));
    reader.once('SIGINT', cancel);
    reader.once('close', cancel);
  });
  try {
    return (await Promise.race([reader.question(echo ? question : ''), cancelled])).trim();
  } finally {
    reader.close();
    if (!echo) system.stderr.write('\n');
  }
}
