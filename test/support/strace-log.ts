/** A system call that has come to its end. */
export interface SystemCall {
  readonly name: string;
  /** As strace has them. */
  readonly args: string;
  /** The file of its first argument, where that is a descriptor. */
  readonly file: string | null;
  /** Its arguments that are texts or bytes, as Latin-1. */
  readonly texts: readonly string[];
  readonly result: number;
  /** The lines of the log between which the kernel has worked on it: others may overlap with it. */
  readonly begins: number;
  readonly ends: number;
}

/**
 * What was written by `strace -f -y -o`. The kernel stops a thread before and after each call until
 * strace has seen it: what ends on an earlier line than something else begins was done before.
 */
export function parseStrace(log: string): SystemCall[] {
  const begun = new Map<string, { readonly text: string; readonly begins: number }>();
  const calls: SystemCall[] = [];
  for (const [index, line] of log.split('\n').entries()) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const [, beginning] = /^(\w+\(.*) <unfinished \.\.\.>$/s.exec(text) ?? [];
    if (beginning !== undefined) {
      begun.set(thread, { text: beginning, begins: index });
      continue;
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text) ?? [];
    const before = rest === undefined ? undefined : begun.get(thread);
    const call = parseCall((before?.text ?? '') + (rest ?? text));
    if (call !== null) calls.push({ ...call, begins: before?.begins ?? index, ends: index });
  }
  return calls;
}

function parseCall(text: string): Omit<SystemCall, 'begins' | 'ends'> | null {
  const [, name, args = '', result] = /^(\w+)\((.*)\) += (-?\d+)/s.exec(text) ?? [];
  if (name === undefined) return null;
  const file = /^\d+<((?:[^>\\]|\\.)*)>/.exec(args)?.[1] ?? null;
  const texts = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, quoted = '']) => plain(quoted));
  return { name, args, file: file === null ? null : plain(file), texts, result: Number(result) };
}

const escapes: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', v: '\v', f: '\f', b: '\b', a: '\x07' },
};

/** Without the escapes of C. */
function plain(quoted: string): string {
  return quoted.replaceAll(/\\([0-7]{1,3}|.)/gs, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
  );
}
