import type { Script, Talk } from './scripted-imap.ts';
import { answerAsUsual, type Letter, opened, uidValidity } from './usual-imap.ts';

/** A folder of a scripted server, and what the server says of it that is not so. */
export interface ScriptedFolder {
  readonly letters: readonly Letter[];
  /** UIDNEXT, where it is not that after the last letter. */
  readonly uidNext?: number;
  /** HIGHESTMODSEQ, where it has such a thing. */
  readonly modseq?: number;
  /** What is told where it is opened with QRESYNC: lines of VANISHED and FETCH. */
  readonly changes?: string;
  /** In place of what an honest server would say; null where it says that. */
  readonly lie?: (said: Said) => string | null;
  /** Attributes in its LIST, such as `\Sent`. */
  readonly attributes?: string;
  /** Listed only by its own name, as somebody else's may be. */
  readonly isUnlisted?: boolean;
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
  { enabled, ...options }: Pick<Script, 'capabilities'> & { readonly enabled?: string } = {},
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
    if (verb === 'ENABLE') return talk.send(enabled ?? '* ENABLED QRESYNC\r\n<tag> OK done\r\n');
    if (folder === undefined) {
      return talk.send(answerAsUsual(command, { ...options, letters: [], encrypted: true }));
    }
    const key = `${name} ${verb}`;
    const times = counts.get(key) ?? 0;
    counts.set(key, times + 1);
    const honest = honestAnswer(verb, name, command, folder);
    await talk.send(folder.lie?.({ command, times, honest }) ?? honest);
  };
  return { ...options, on: [[/^(LIST|STATUS|EXAMINE|SELECT|NOOP|UID|FETCH|ENABLE)\b/i, answer]] };
}

function honestAnswer(
  verb: string,
  name: string,
  command: string,
  { letters, modseq, changes = '', uidNext }: ScriptedFolder,
): string {
  const next = uidNext ?? (letters.at(-1)?.uid ?? 0) + 1;
  if (verb === 'STATUS') {
    const highest = modseq === undefined ? '' : ` HIGHESTMODSEQ ${modseq}`;
    return `* STATUS "${name}" (MESSAGES ${letters.length} UIDNEXT ${next} UIDVALIDITY ${uidValidity}${highest})\r\n<tag> OK done\r\n`;
  }
  if (verb === 'EXAMINE' || verb === 'SELECT') {
    const highest = modseq === undefined ? '' : `* OK [HIGHESTMODSEQ ${modseq}] highest\r\n`;
    const told = command.includes('QRESYNC') ? changes : '';
    return opened(letters, { uidNext: `* OK [UIDNEXT ${next}] next` }).replace(
      '<tag> OK',
      `${highest}${told}<tag> OK`,
    );
  }
  return answerAsUsual(command, { letters, encrypted: true });
}

function listed(folders: ReadonlyMap<string, ScriptedFolder>, command: string): string {
  const only = nameIn(/^LIST "" (.*)$/i.exec(command)?.[1] ?? '*');
  const lines = [...folders]
    .filter(([name, { isUnlisted }]) => only === name || (only === '*' && !isUnlisted))
    .map(([name, { attributes = '' }]) => `* LIST (${attributes}) "/" "${name}"\r\n`);
  return `${lines.join('')}<tag> OK done\r\n`;
}

/** The first argument, quoted or not. */
function nameIn(text: string): string {
  const [, quoted, atom] = /^(?:"([^"]*)"|(\S+))/.exec(text) ?? [];
  return quoted ?? atom ?? '';
}
