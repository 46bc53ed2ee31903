import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { type RunOptions, startProgram } from './run.ts';

const binary = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

/** What a terminal was made to do beside showing text. */
export interface Seen {
  /** Every line that was shown, also those above the screen; blanks at their ends cut. */
  readonly lines: readonly string[];
  /** Titles set, clipboards written, links opened, …: each operating system command, and each bell. */
  readonly acts: readonly string[];
  /** What the terminal sent back, as if it were typed. */
  readonly answers: readonly string[];
  /** Where the next character would go, counted from the first line. */
  readonly cursor: { readonly line: number; readonly column: number };
  /** Whether it is as it was: no mouse, no other screen, no other keys. */
  readonly unchanged: boolean;
  /** Whether anything is coloured. */
  readonly coloured: boolean;
}

const rows = 24;

/** Shows bytes on a terminal. */
export async function show(bytes: Buffer | string, cols = 80): Promise<Seen> {
  const terminal = new xterm.Terminal({ cols, rows, scrollback: 20_000, allowProposedApi: true });
  const acts: string[] = [];
  const answers: string[] = [];
  terminal.onData((data) => answers.push(data));
  terminal.onTitleChange((title) => acts.push(`title ${title}`));
  terminal.onBell(() => acts.push('bell'));
  for (const command of [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 50, 52, 104, 133, 633, 777, 1337]) {
    terminal.parser.registerOscHandler(command, (data) => {
      acts.push(`OSC ${command} ${data}`);
      return false;
    });
  }
  await new Promise<void>((resolve) => terminal.write(bytes, resolve));
  const { active } = terminal.buffer;
  const lines: string[] = [];
  let coloured = false;
  for (let index = 0; index < active.length; index += 1) {
    const line = active.getLine(index);
    if (line === undefined) continue;
    const text = line.translateToString(true);
    if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
    for (let column = 0; column < cols; column += 1) {
      const cell = line.getCell(column);
      coloured ||= cell !== undefined && !(cell.isFgDefault() && cell.isBgDefault());
    }
  }
  while (lines.at(-1) === '') lines.pop();
  const { mouseTrackingMode, bracketedPasteMode, originMode, insertMode } = terminal.modes;
  const { applicationCursorKeysMode, applicationKeypadMode } = terminal.modes;
  const seen = {
    lines,
    acts,
    answers,
    cursor: { line: active.baseY + active.cursorY, column: active.cursorX },
    unchanged:
      active.type === 'normal' &&
      mouseTrackingMode === 'none' &&
      ![bracketedPasteMode, originMode, insertMode].includes(true) &&
      ![applicationCursorKeysMode, applicationKeypadMode].includes(true),
    coloured,
  };
  terminal.dispose();
  return seen;
}

/** Runs mailctl on a terminal, stdout and stderr on it, and shows what it prints. */
export async function runOnTerminal(
  args: readonly string[],
  { cols = 80, ...options }: RunOptions & { readonly cols?: number },
): Promise<Seen & { readonly code: number | null; readonly bytes: Buffer }> {
  const words = [process.execPath, binary, ...args].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const line = `stty cols ${cols} rows ${rows}; exec ${words.join(' ')}`;
  const { stdoutBytes, code } = await startProgram('script', ['-qefc', line, '/dev/null'], {
    ...options,
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...options.env },
  }).result;
  return { ...(await show(stdoutBytes, cols)), code, bytes: stdoutBytes };
}
