import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { describeWith } from '../support/parts.ts';
import { binary, run, startProgram } from '../support/run.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

describeWith('smallDisk', 'verify of an archive on a disk that is read-only', () => {
  test('compares without a lock, and says before it looks that it cannot repair', async () => {
    const mail = await makeMailHome();
    const disk = await mountSmallDisk(mail.home, 1000);
    const env = { ...mail.env, XDG_DATA_HOME: disk.path };
    const mailctl = (...args: string[]) => disk.run(process.execPath, [binary, ...args], { env });
    const remount = (mode: string) => disk.run('mount', ['-o', `remount,${mode}`, disk.path]);
    expect(await mailctl('fetch')).toMatchObject({ code: 0 });
    const archive = join(disk.path, 'mailctl', 'club');
    const folder = join(disk.outside, 'mailctl', 'club', 'INBOX', 'new');
    expect(await remount('ro')).toMatchObject({ code: 0 });
    expect(await mailctl('verify', '--deep')).toMatchObject({ code: 0, stderr: '' });

    for (const args of [['verify', '--repair'], ['fetch']]) {
      const { code, stdout, stderr } = await mailctl(...args);
      expect({ code, stdout }).toEqual({ code: 74, stdout: '' });
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(`^mailctl: cannot write the archive ${archive}: EROFS: `),
        '  → name another folder as archive in the config; to read it, as verify does without --repair, is enough',
        '',
      ]);
    }

    await remount('rw');
    const [first = ''] = readdirSync(folder).sort();
    writeFileSync(join(folder, first), 'x');
    await remount('ro');
    const { code, rows } = await mailctl('verify', '--deep', '--json');
    expect(code).toBe(1);
    expect(rows.at(-1)).toMatchObject({ type: 'verified', damaged: 1 });
  });
});

/** As somebody whose rights are those of the files: of root, what stands above them is taken. */
const whoObeys =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all']
    : ['env'];

test.skipIf(process.platform !== 'linux')(
  'an archive that one may only read is verified, one that may not be read is not taken for empty',
  async () => {
    const mail = await makeMailHome();
    await run(['fetch'], mail);
    const [program = '', ...before] = [...whoObeys, process.execPath, binary];
    const verify = (...flags: string[]) =>
      startProgram(program, [...before, 'verify', ...flags], mail).result;
    chmodSync(join(mail.archive, '.mailctl.lock'), 0o400);
    chmodSync(mail.archive, 0o500);
    const unlocked = `mailctl: the archive ${mail.archive} is read without its lock (EACCES); others may be storing there\n`;
    expect(await verify()).toMatchObject({ code: 0, stderr: unlocked });
    expect(await verify('--quiet')).toMatchObject({ code: 0, stderr: '' });
    const repairing = await verify('--repair');
    expect(repairing.code).toBe(74);
    expect(repairing.stderr).toMatch(`mailctl: cannot write the archive ${mail.archive}: EACCES`);

    chmodSync(mail.archive, 0);
    const { code, stdout, stderr } = await verify();
    chmodSync(mail.archive, 0o700);
    expect({ code, stdout }).toEqual({ code: 74, stdout: '' });
    expect(stderr).toMatch(`mailctl: cannot read the archive ${mail.archive}: EACCES`);
  },
);
