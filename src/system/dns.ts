import { Resolver } from 'node:dns/promises';
import { errorCode, errorText, Failure } from '../errors.ts';
import type { System } from './system.ts';

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Every question ends within its time. Names come without the final dot, in lower case. */
export interface Dns {
  /** Mail exchangers, the best first; [] where there are none. @throws Failure 'temporary' */
  mx(domain: string): Promise<string[]>;
  /** RFC 2782, the best first; [] where there are none. @throws Failure 'temporary' */
  srv(name: string): Promise<SrvRecord[]>;
  /** Each record in one piece. @throws Failure 'temporary' */
  txt(name: string): Promise<string[]>;
  /** Whether a host has an address. @throws Failure 'temporary' */
  hasAddress(host: string): Promise<boolean>;
}

const absent = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Node's own resolver on the servers of the system, or on the one in MAILCTL_DNS. Not the look-up
 * of the C library: that cannot be given up, and keeps the process from ending.
 * @throws Failure 'usage' for a MAILCTL_DNS that is no address.
 */
export function openDns({ env, signal }: Pick<System, 'env' | 'signal'>, limitMs: number): Dns {
  const server = env['MAILCTL_DNS'];
  const makeResolver = () => {
    const resolver = new Resolver({ timeout: Math.ceil(limitMs / 2), tries: 2 });
    if (server) setServer(resolver, server);
    return resolver;
  };
  makeResolver(); // now, and not at the first question, is the time to refuse the address

  const ask = async <T>(question: (resolver: Resolver) => Promise<T[]>): Promise<T[]> => {
    signal.throwIfAborted();
    const resolver = makeResolver(); // of its own, as giving up is for all its questions
    const giveUp = () => resolver.cancel();
    const timer = setTimeout(giveUp, limitMs);
    signal.addEventListener('abort', giveUp);
    try {
      return await question(resolver);
    } catch (error) {
      signal.throwIfAborted();
      const code = errorCode(error) ?? errorText(error);
      if (absent.has(code)) return [];
      throw new Failure('temporary', `DNS does not answer (${code})`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  };
  const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');
  return {
    async mx(domain) {
      const records = await ask((resolver) => resolver.resolveMx(domain));
      return records
        .sort((a, b) => a.priority - b.priority)
        .map(({ exchange }) => plain(exchange))
        .filter((name) => name !== ''); // RFC 7505: no mail here
    },
    async srv(name) {
      const records = await ask((resolver) => resolver.resolveSrv(name));
      return records
        .map((record) => ({ ...record, name: plain(record.name) }))
        .filter((record) => record.name !== '') // RFC 6186 §3.4: not offered
        .sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    },
    async txt(name) {
      const records = await ask((resolver) => resolver.resolveTxt(name));
      return records.map((pieces) => pieces.join(''));
    },
    async hasAddress(host) {
      const [four, six] = await Promise.all([
        ask((resolver) => resolver.resolve4(host)),
        ask((resolver) => resolver.resolve6(host)).catch(() => []),
      ]);
      return four.length + six.length > 0;
    },
  };
}

function setServer(resolver: Resolver, server: string): void {
  try {
    resolver.setServers([server]);
  } catch (error) {
    throw new Failure('usage', `MAILCTL_DNS is not the address of a DNS server: ${server}`, {
      hint: 'for instance 192.0.2.53, or 192.0.2.53:5353',
      cause: error,
    });
  }
}
