import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { makeCertificates } from '../sandbox/certificates.ts';
import { startDovecot } from '../support/dovecot.ts';
import { type Corpus, hashes } from './corpora.ts';

/** What an archive of a mailbox must hold: the number of each message, by each hash it may have. */
export type Expected = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface Mailbox {
  readonly user: string;
  readonly tokenFile: string;
  readonly accessToken: string;
  readonly expected: Expected;
  /** Delivers the new messages of the corpus; the function takes them away again. */
  deliverNews(): () => void;
}

export interface MailServer {
  readonly port: number;
  /** POP3 with TLS; null when this machine has it not. */
  readonly pop3Port: number | null;
  readonly caFile: string;
  /** Puts a corpus into a mailbox of its own. */
  fill(corpus: Corpus): Promise<Mailbox>;
  close(): Promise<void>;
}

const delivery = { flags: ['\\Seen'], internalDate: new Date('2026-11-02T10:00:00Z') } as const;

/**
 * A Dovecot that judges access tokens by their signature: no login waits for another server, so
 * what is measured is mail.
 */
export async function startMailServer(directory: string): Promise<MailServer> {
  const certificates = await makeCertificates(join(directory, 'certificates'));
  // Dovecot reads mail and keys as other users, who have to get through.
  chmodSync(directory, 0o711);
  const keysDirectory = join(directory, 'keys');
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  mkdirSync(join(keysDirectory, 'default', 'ES256'), { recursive: true });
  writeFileSync(join(keysDirectory, 'default', 'ES256', 'default'), await exportSPKI(publicKey));
  const dovecot = await startDovecot({
    oauth: { keysDirectory },
    certificates,
    compress: true,
    pop3: true,
    directory: join(directory, 'server'),
  });

  return {
    port: dovecot.port,
    pop3Port: dovecot.pop3Port,
    caFile: certificates.caFile,
    async fill(corpus) {
      const user = userOf(corpus);
      const accessToken = await new SignJWT({ sub: user })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
        .setIssuedAt()
        .setExpirationTime('12h')
        .sign(privateKey);
      const tokenFile = join(directory, `token-${corpus.name}`);
      writeFileSync(tokenFile, accessToken, { mode: 0o600 });

      const expected = new Map<string, Map<string, number>>();
      let index = 0;
      const deliver = (folder: string) => {
        const message = corpus.message(index);
        const known = expected.get(folder) ?? new Map<string, number>();
        expected.set(folder, known);
        for (const hash of hashes(message)) known.set(hash, index);
        dovecot.deliver(user, folder, message, delivery);
        index += 1;
      };
      for (const folder of corpus.folders) {
        dovecot.createMailbox(user, folder);
        expected.set(folder, new Map());
        for (let count = 0; count < corpus.perFolder; count++) deliver(folder);
      }
      const before = index;
      return {
        user,
        tokenFile,
        accessToken,
        expected,
        deliverNews() {
          const { folders, perFolder } = corpus.news;
          const files = (folder: string) => {
            const current = join(dovecot.mailDirectory(user, folder), 'cur');
            return existsSync(current)
              ? readdirSync(current).map((name) => join(current, name))
              : [];
          };
          const old = new Set(folders.flatMap(files));
          for (const folder of folders) {
            for (let count = 0; count < perFolder; count++) deliver(folder);
          }
          return () => {
            for (const path of folders.flatMap(files)) if (!old.has(path)) rmSync(path);
            for (const known of expected.values()) {
              for (const [hash, number] of known) if (number >= before) known.delete(hash);
            }
            index = before;
          };
        },
      };
    },
    close: dovecot.close,
  };
}

/** Names of the same length, so that no answer is longer for its name. */
function userOf({ name }: Corpus): string {
  return `${name.padEnd(8, '-')}@example.org`;
}
