import { type Home, startProgram } from './run.ts';

/** Another program that delivers into an mbox until it is stopped. */
export interface MboxWriter {
  /** The text of each message it has delivered. */
  stop(): Promise<string[]>;
}

/** Who they are, and how they lock. */
export const mboxWriters = [
  'python: fcntl and a lock file',
  'mutt_dotlock: a lock file',
  'fcntl',
] as const;
export type MboxWriterKind = (typeof mboxWriters)[number];

/** So long that it is written in several pieces. */
const longLine = 'theirs '.repeat(10);

// What is asked for is how Python itself locks and appends.
const python = `
import mailbox, random, sys, threading, time
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
n = 0
while not stop.is_set():
    box = mailbox.mbox(sys.argv[1])
    try:
        box.lock()
    except mailbox.ExternalClashError:
        box.close()
        time.sleep(0.002)
        continue
    text = f"Subject: theirs {n}\\n\\n" + "${longLine}\\n" * random.randrange(1, 4000)
    box.add(text)
    box.flush()
    box.unlock()
    box.close()
    n += 1
    print(len(text.split("\\n")) - 3, flush=True)
    time.sleep(random.random() * 0.03)
`;

const fcntl = `
import fcntl, os, random, sys, threading, time
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
n = 0
while not stop.is_set():
    with open(sys.argv[1], "a+") as box:
        fcntl.lockf(box, fcntl.LOCK_EX)
        lines = random.randrange(1, 4000)
        box.write(f"From theirs Thu Jan  1 00:00:00 1970\\nSubject: theirs {n}\\n\\n")
        for _ in range(lines):
            box.write("${longLine}\\n")
        box.write("\\n")
        box.flush()
        fcntl.lockf(box, fcntl.LOCK_UN)
    n += 1
    print(lines, flush=True)
    time.sleep(random.random() * 0.03)
`;

const dotlock = `
: >> "$0"
n=0
while true; do
  read -t 0.02 line
  [ $? -gt 128 ] || break
  mutt_dotlock -r 0 "$0" || continue
  lines=$((RANDOM % 4000 + 1))
  printf 'From theirs Thu Jan  1 00:00:00 1970\\nSubject: theirs %s\\n\\n' $n >> "$0"
  yes '${longLine}' | head -$lines >> "$0"
  echo >> "$0"
  mutt_dotlock -u "$0"
  n=$((n + 1))
  echo $lines
done
`;

const programs: Readonly<Record<MboxWriterKind, readonly [string, string, string]>> = {
  'python: fcntl and a lock file': ['python3', '-c', python],
  'mutt_dotlock: a lock file': ['bash', '-c', dotlock],
  fcntl: ['python3', '-c', fcntl],
};

/** It has delivered something when this resolves. */
export async function startMboxWriter(
  kind: MboxWriterKind,
  path: string,
  home: Home,
): Promise<MboxWriter> {
  const [file, ...args] = programs[kind];
  const running = startProgram(file, [...args, path], { home, stdin: null, timeoutMs: 60_000 });
  await running.waitForStdout(/\n/);
  return {
    async stop() {
      running.child.stdin?.end();
      const { code, stderr, stdout } = await running.result;
      if (code !== 0 || stderr !== '') throw new Error(`${kind}: ${code} ${stderr}`);
      const counts = stdout.trim().split('\n').map(Number);
      return counts.map(
        (lines, index) => `Subject: theirs ${index}\n\n${`${longLine}\n`.repeat(lines)}`,
      );
    },
  };
}
