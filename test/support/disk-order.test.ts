import { expect, test } from 'vitest';
import { judgeOrder } from './disk-order.ts';

const box = '/a/INBOX';
const memory = `${box}/.mailctl.json`;

type Steps = Readonly<Record<string, string>>;

function quoted(text: string): string {
  return JSON.stringify(text); // what is in here has the same escapes in C
}

const mkdir = (path: string) => `1 mkdir(${quoted(path)}, 0700) = 0`;
const create = (path: string, flags = 'O_EXCL') =>
  `1 openat(AT_FDCWD</home>, ${quoted(path)}, O_WRONLY|O_CREAT|${flags}, 0600) = 9<${path}>`;
const write = (path: string, text: string, fd = 9) =>
  `1 write(${fd}<${path}>, ${quoted(text)}, ${text.length}) = ${text.length}`;
const fsync = (path: string) => `2 fsync(8<${path}>) = 0`;
const rename = (from: string, to: string) => `1 rename(${quoted(from)}, ${quoted(to)}) = 0`;
const row = (path: string) =>
  write('pipe:[5]', `${JSON.stringify({ type: 'saved', uid: 7, path })}\n`, 1);

const folders: Steps = {
  rootMade: mkdir('/a'),
  rootNamed: fsync('/'),
  boxMade: mkdir(box),
  boxNamed: fsync('/a'),
};

function memoryOf(position: number | null): Steps {
  const temporary = `${box}/.x.tmp`;
  return {
    indexMade: create(`${box}/.mailctl.index`, 'O_APPEND'),
    indexWritten: write(`${box}/.mailctl.index`, `${JSON.stringify({ uid: 7, name: null })}\n`),
    indexSynced: fsync(`${box}/.mailctl.index`),
    memoryMade: create(temporary),
    memoryWritten: write(temporary, `${JSON.stringify({ stored: '7', position })}\n`),
    memorySynced: fsync(temporary),
    memoryRenamed: rename(temporary, memory),
    memoryNamed: fsync(box),
  };
}

const maildir: Steps = {
  ...folders,
  newMade: mkdir(`${box}/new`),
  newNamed: fsync(box),
  fileMade: create(`${box}/tmp/7`),
  fileWritten: write(`${box}/tmp/7`, 'Subject: 7\n\n7\n'),
  fileSynced: fsync(`${box}/tmp/7`),
  fileRenamed: rename(`${box}/tmp/7`, `${box}/new/7`),
  fileNamed: fsync(`${box}/new`),
  ...memoryOf(null),
  told: row(`${box}/new/7`),
};

const eml: Steps = {
  ...folders,
  fileMade: create(`${box}/.7.part`),
  fileWritten: write(`${box}/.7.part`, 'Subject: 7\r\n\r\n7\r\n'),
  fileSynced: fsync(`${box}/.7.part`),
  fileRenamed: rename(`${box}/.7.part`, `${box}/7.eml`),
  fileNamed: fsync(box),
  ...memoryOf(null),
  told: row(`${box}/7.eml`),
};

const mboxText = 'From a Thu Jan  1 00:00:00 1970\nSubject: 7\n\n7\n\n';
const mbox: Steps = {
  ...folders,
  fileMade: create(`${box}/messages.mbox`, 'O_APPEND'),
  fileNamed: fsync(box),
  fileWritten: write(`${box}/messages.mbox`, mboxText),
  fileSynced: fsync(`${box}/messages.mbox`),
  ...memoryOf(mboxText.length),
  told: row(`${box}/messages.mbox`),
};

type Edit = (steps: Steps) => Steps;

const without =
  (name: string): Edit =>
  ({ [name]: _, ...others }) =>
    others;
const replaced =
  (name: string, line: (before: string) => string): Edit =>
  (steps) => ({ ...steps, [name]: line(steps[name] ?? '') });
const movedBehind =
  (name: string, behind: string): Edit =>
  (steps) => {
    const moved = [name, steps[name] ?? ''] as const;
    const others = Object.entries(without(name)(steps));
    const at = others.findIndex(([other]) => other === behind);
    return Object.fromEntries(others.toSpliced(at + 1, 0, [...moved]));
  };
/** Its thread comes to the end of the call only there. */
const endsBehind =
  (name: string, behind: string): Edit =>
  (steps) => {
    const [, head = '', tail = ''] = /^(.*)\) = (\d+)$/.exec(steps[name] ?? '') ?? [];
    const [thread, call] = head.split(/[ (]/);
    const begun = { ...steps, [name]: `${head} <unfinished ...>` };
    const ending = `${thread} <... ${call} resumed>) = ${tail}`;
    return movedBehind('ending', behind)({ ...begun, ending });
  };

const judge = (steps: Steps) => judgeOrder(`${Object.values(steps).join('\n')}\n`);

test.each(Object.entries({ maildir, eml, mbox }))(
  '%s: the right order is found right',
  (_, good) => {
    expect(judge(good)).toEqual({ saved: 1, violations: [] });
  },
);

const lateBytes = 'renamed before its bytes were synced';
const lateName = 'remembered before its name was synced';
const lateRow = 'remembered before its row was synced';
const lateMemory = 'the memory was renamed before its bytes were synced';
const lateMbox = 'remembered before its bytes were synced';
const early = 'told before the name of the memory was synced';
const failing = (line: string) => line.replace('= 0', '= -1 EIO (Input/output error)');

const cases: readonly (readonly [string, Steps, Edit, string])[] = [
  ['the bytes of a file are not synced', maildir, without('fileSynced'), lateBytes],
  [
    'they are, but after its renaming',
    maildir,
    movedBehind('fileSynced', 'fileRenamed'),
    lateBytes,
  ],
  ['they are, but not the last', eml, movedBehind('fileWritten', 'fileSynced'), lateBytes],
  ['their sync fails', maildir, replaced('fileSynced', failing), lateBytes],
  [
    'their sync fails, and is said to succeed the second time',
    maildir,
    replaced('fileSynced', (line) => `${failing(line)}\n${line}`),
    lateBytes,
  ],
  [
    'the renaming does not wait for the sync',
    eml,
    endsBehind('fileSynced', 'fileRenamed'),
    lateBytes,
  ],
  ['the sync has begun with the write', eml, endsBehind('fileWritten', 'fileSynced'), lateBytes],
  [
    'something is written after the renaming',
    maildir,
    replaced('fileNamed', (line) => `${write(`${box}/new/7`, 'x')}\n${line}`),
    'written after it was renamed',
  ],
  ['a file is written under its own name', eml, without('fileRenamed'), 'no such name was given'],
  ['the name of a file is not synced', maildir, without('fileNamed'), lateName],
  ['it is, but before it is there', maildir, movedBehind('fileRenamed', 'fileNamed'), lateName],
  ['it is, but after the memory', maildir, movedBehind('fileNamed', 'memoryRenamed'), lateName],
  ['it is that of another folder', maildir, replaced('fileNamed', () => fsync(box)), lateName],
  ['there is no row of it', maildir, without('indexWritten'), lateRow],
  ['the row is not synced', maildir, without('indexSynced'), lateRow],
  ['the row comes after the memory', eml, movedBehind('indexSynced', 'memoryRenamed'), lateRow],
  ['the memory is not synced', maildir, without('memorySynced'), lateMemory],
  ['the memory is synced too late', eml, movedBehind('memorySynced', 'memoryRenamed'), lateMemory],
  ['the name of the memory is not synced', maildir, without('memoryNamed'), early],
  ['it is told before that', maildir, movedBehind('memoryNamed', 'told'), early],
  ['it is told while that is going on', maildir, endsBehind('memoryNamed', 'told'), early],
  ['there is no memory', maildir, without('memoryRenamed'), 'told without being remembered'],
  [
    'the memory is one of another message',
    eml,
    replaced('memoryWritten', (line) => line.replace(':\\"7\\"', ':\\"1:6,8\\"')),
    'told without being remembered',
  ],
  [
    'the name of the mailbox is not synced',
    maildir,
    without('boxNamed'),
    `remembered before the name of ${box} was synced`,
  ],
  [
    'that of the archive is, but too late',
    eml,
    movedBehind('rootNamed', 'memoryNamed'),
    'remembered before the name of /a was synced',
  ],
  ['the bytes of an mbox are not synced', mbox, without('fileSynced'), lateMbox],
  ['they are, but after the memory', mbox, movedBehind('fileSynced', 'memoryRenamed'), lateMbox],
  ['they are, but not the last', mbox, movedBehind('fileWritten', 'fileSynced'), lateMbox],
  ['the memory ends within them', mbox, (steps) => ({ ...steps, ...memoryOf(20) }), lateMbox],
  [
    'the name of the mbox is not synced',
    mbox,
    without('fileNamed'),
    'remembered before the name of its mbox was synced',
  ],
];

test.each(cases)('a loss is seen where %s', (_, good, edit, sentence) => {
  const { saved, violations } = judge(edit(good));
  expect(saved).toBe(1);
  expect(violations).toEqual([expect.stringContaining(sentence)]);
});

test('one sync of the file system is as good as one of each file and name before it', () => {
  const names = ['rootNamed', 'boxNamed', 'newNamed', 'fileNamed', 'indexSynced', 'memorySynced'];
  const unsynced = names.reduce((steps, name) => without(name)(steps), maildir);
  const syncfs = '3 syncfs(5</a>) = 0';
  const once = replaced('fileSynced', () => syncfs)(unsynced);
  expect(judge(once).violations).toHaveLength(3);
  const twice = replaced('memoryRenamed', (line) => `${syncfs}\n${line}`)(once);
  expect(judge(twice)).toEqual({ saved: 1, violations: [] });
});
