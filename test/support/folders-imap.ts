import type { Script, Talk } from './scripted-imap.ts';
import { answerAsUsual, type Letter, opened, uidValidity } from './usual-imap.ts';

/** A folder of a scripted server, and what the server says of it that is not so. */
export interface ScriptedFolder {
  readonly letters: readonly Letter[];
  /** In place of what an honest server would say; null where it says that. */
  readonly lie?: (said: Said) => string | null;
  /** Attributes in its LIST, such as `\Sent`. */
  readonly attributes?: string;
}

export interface Said {
  /** Without its tag. */
  readonly command: string;
  /** Commands of this verb about this folder before this one, on whichever connection. */
  readonly times: number;
  /** What an honest server says. */
  readonly honest: string;
}

/** Serves these folders, which may be changed while it does. */
export function foldersScript(
  folders: ReadonlyMap<string, ScriptedFolder>,
  options: Pick<Script, 'capabilities'> = {},
): Script {
  const selected = new WeakMap<AbortSignal, string>();
  const counts = new Map<string, number>();

  const answer = async (talk: Talk): Promise<void> => {
    const { command } = talk;
    const [, verb = '', rest = ''] = /^((?:UID )?[A-Z]+) ?(.*)$/is.exec(command) ?? [];
    const named = /^(STATUS|EXAMINE|SELECT)$/.test(verb) ? nameIn(rest) : null;
    if (verb === 'EXAMINE' || verb === 'SELECT') selected.set(talk.gone, named ?? '');
    if (verb === 'LIST') return talk.send(listed(folders, command));
    const name = named ?? selected.get(talk.gone) ?? '';
    const folder = folders.get(name);
    if (folder === undefined) {
      return talk.send(answerAsUsual(command, { ...options, letters: [], encrypted: true }));
    }
    const key = `${name} ${verb}`;
    const times = counts.get(key) ?? 0;
    counts.set(key, times + 1);
    const honest = honestAnswer(verb, name, command, folder.letters);
    await talk.send(folder.lie?.({ command, times, honest }) ?? honest);
  };
  return { ...options, on: [[/^(LIST|STATUS|EXAMINE|SELECT|NOOP|UID|FETCH|ENABLE)\b/i, answer]] };
}

function honestAnswer(
  verb: string,
  name: string,
  command: string,
  letters: readonly Letter[],
): string {
  if (verb === 'STATUS') {
    const next = (letters.at(-1)?.uid ?? 0) + 1;
    return `* STATUS "${name}" (MESSAGES ${letters.length} UIDNEXT ${next} UIDVALIDITY ${uidValidity})\r\n<tag> OK done\r\n`;
  }
  if (verb === 'EXAMINE' || verb === 'SELECT') return opened(letters);
  return answerAsUsual(command, { letters, encrypted: true });
}

function listed(folders: ReadonlyMap<string, ScriptedFolder>, command: string): string {
  const only = nameIn(/^LIST "" (.*)$/i.exec(command)?.[1] ?? '*');
  const lines = [...folders]
    .filter(([name]) => only === '*' || only === name)
    .map(([name, { attributes = '' }]) => `* LIST (${attributes}) "/" "${name}"\r\n`);
  return `${lines.join('')}<tag> OK done\r\n`;
}

/** The first argument, quoted or not. */
function nameIn(text: string): string {
  const [, quoted, atom] = /^(?:"([^"]*)"|(\S+))/.exec(text) ?? [];
  return quoted ?? atom ?? '';
}
