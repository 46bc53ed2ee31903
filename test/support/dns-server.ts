import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer, decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED } from 'dns-packet';
import { cleanUpLater } from './clean-up.ts';

export interface DnsServer {
  /** For MAILCTL_DNS. */
  readonly address: string;
  /** `TYPE name` of each question, oldest first. */
  readonly questions: readonly string[];
}

/**
 * Starts a DNS server on 127.0.0.1 that knows these records, by `TYPE name`, and says of every other
 * name that there is none. Null is a server that never answers.
 */
export async function startDns(
  records: Readonly<Record<string, readonly Answer[]>> | null,
): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const { id, questions: asked = [] } = decode(message);
    const [question] = asked;
    if (question === undefined) return;
    const key = `${question.type} ${question.name.toLowerCase()}`;
    questions.push(key);
    if (records === null) return;
    const answers = records[key];
    const noSuchName = 3;
    const flags =
      RECURSION_DESIRED | RECURSION_AVAILABLE | (answers === undefined ? noSuchName : 0);
    socket.send(
      encode({ type: 'response', id, flags, questions: asked, answers: [...(answers ?? [])] }),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanUpLater(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { address: `127.0.0.1:${socket.address().port}`, questions };
}

/** Mail exchangers of a domain, the best first. */
export function mx(domain: string, ...exchanges: readonly string[]) {
  const answers = exchanges.map(
    (exchange, index): Answer => ({
      type: 'MX',
      name: domain,
      ttl: 60,
      data: { exchange, preference: 10 * index },
    }),
  );
  return { [`MX ${domain}`]: answers };
}

/** One SRV record. */
export function srv(name: string, target: string, port: number) {
  const data = { target, port, priority: 0, weight: 1 };
  return { [`SRV ${name}`]: [{ type: 'SRV', name, ttl: 60, data }] satisfies Answer[] };
}
