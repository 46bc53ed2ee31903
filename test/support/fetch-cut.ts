import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { census, temporaryFiles } from './archived.ts';
import { type Cut, type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';
import { messagesIn } from './fetch-sweep.ts';
import { type MailHome, makeMailHome } from './mail-home.ts';
import { run } from './run.ts';
import type { Letter } from './usual-imap.ts';

const letters: readonly Letter[] = Array.from({ length: 5 }, (_, index) => ({
  uid: index + 1,
  source: `Subject: ${index}\r\n\r\n${`) OK * BYE ${index}\r\n`.repeat(10 * index)}`,
}));
const wanted = census(letters.map(({ source }) => Buffer.from(source)));

/** A fetch of a few messages over a line that can be cut. */
class CutFetch {
  readonly #mail: MailHome;
  readonly #proxy: CuttingProxy;

  private constructor(mail: MailHome, proxy: CuttingProxy) {
    this.#mail = mail;
    this.#proxy = proxy;
  }

  /** With `none` each byte of the protocol is a byte on the line. */
  static async make(security: 'tls' | 'none'): Promise<CutFetch> {
    const mail = await makeMailHome({ script: { security, letters } });
    const proxy = await startCuttingProxy(mail.imap.port);
    const config = readFileSync(mail.configFile, 'utf8');
    const line = `port = ${proxy.port}\nsecurity = "${security}"`;
    writeFileSync(mail.configFile, config.replace(`port = ${mail.imap.port}`, line));
    return new CutFetch(mail, proxy);
  }

  /** How many bytes each side sends where nothing is cut. */
  async length(): Promise<Readonly<Record<Cut['of'], number>>> {
    this.#begin(null);
    expect(await this.#fetch()).toMatchObject({ code: 0, stderr: '' });
    return this.#proxy.passed();
  }

  /** A run that is cut, and the next one that is not. Gives the code of the first. */
  async cutAt(cut: Cut): Promise<number | null> {
    const about = `cut by ${cut.by} behind ${cut.behindBytes} bytes of the ${cut.of}`;
    this.#begin(cut);
    const { code, signal, stderr } = await this.#fetch();
    const stored = census(await messagesIn(this.#mail.archive, 'maildir'));
    expect(signal, about).toBe(null);
    // Only what is complete may be called a success.
    if (code === 0) expect(stored, about).toEqual(wanted);
    else expect(stderr, about).toMatch(/^mailctl: [^\n]+\n(?: {2}→ [^\n]+\n)?$/);
    expect([0, 75], `${about}: ${stderr}`).toContain(code);
    for (const [key, count] of stored) expect(wanted.get(key), about).toBe(count);
    expect(temporaryFiles(this.#mail.home.directory), about).toEqual([]);

    this.#proxy.begin(null);
    expect(await this.#fetch(), about).toMatchObject({ code: 0, stderr: '' });
    expect(census(await messagesIn(this.#mail.archive, 'maildir')), about).toEqual(wanted);
    return code;
  }

  #begin(cut: Cut | null): void {
    rmSync(this.#mail.archive, { recursive: true, force: true });
    this.#proxy.begin(cut);
  }

  /** One that hangs is killed, and its test fails. */
  #fetch() {
    return run(['fetch'], { ...this.#mail, timeoutMs: 20_000 });
  }
}

/** Takes each of these cuts of such a line, two at a time. Gives how often which code came. */
export async function cutAtEach(
  security: 'tls' | 'none',
  choose: (length: Readonly<Record<Cut['of'], number>>) => readonly Cut[],
): Promise<ReadonlyMap<number | null, number>> {
  const fetches = [await CutFetch.make(security), await CutFetch.make(security)];
  const codes = new Map<number | null, number>();
  const [length = { client: 0, server: 0 }] = await Promise.all(
    fetches.map((fetch) => fetch.length()),
  );
  const cuts = choose(length).values(); // whoever is free takes the next one
  await Promise.all(
    fetches.map(async (fetch) => {
      for (const cut of cuts) {
        const code = await fetch.cutAt(cut);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }),
  );
  return codes;
}

/** Cuts of a line of these lengths, in all four ways, at each `apart`-th byte. */
export function cutsOf(length: Readonly<Record<Cut['of'], number>>, apart: number): Cut[] {
  const ways = (['client', 'server'] as const).flatMap((of) =>
    (['FIN', 'RST'] as const).map((by) => ({ of, by })),
  );
  return ways.flatMap(({ of, by }, way) => {
    // Each way begins elsewhere, so that together they meet more places.
    const first = Math.floor((way * apart) / ways.length);
    const count = Math.max(0, Math.ceil((length[of] - first) / apart));
    return Array.from({ length: count }, (_, index) => ({
      ...{ of, by },
      behindBytes: first + index * apart,
    }));
  });
}
