import { errorText, Failure } from '../../errors.ts';
import type { Dns } from '../../system/dns.ts';
import type { HttpClient } from '../../system/http.ts';
import { type Found, type FoundServer, Refusal, type Step } from './found.ts';

/** What discovery asks with. */
export interface Means {
  /** Null where DNS must not be asked. */
  readonly dns: Dns | null;
  readonly http: HttpClient;
  /** Whether names are resolved by a proxy, and not here. */
  readonly proxied: boolean;
  /** Whether Mozilla's database is asked too, which tells it the domain. */
  readonly askIspdb: boolean;
  /** The URL in a mail server's OAUTHBEARER error (RFC 7628 §3.2.2), null where it has none. */
  readonly askMailServer: (server: FoundServer, signal: AbortSignal) => Promise<string | null>;
  /** Told how each step ended. */
  readonly report: (step: Step, outcome: string) => void;
  /** Told what was found and must not be followed, in one sentence. */
  readonly refuse: (reason: string) => void;
  /** Whether the person takes what was found. */
  readonly accept: (found: Found) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** The time of one step. Together they must be bearable for a domain nobody answers for. */
const stepMs = 2500;

/** A name nobody has needs no connection, and the C library would look for it without an end. */
export async function isReachable(host: string, { dns, proxied }: Means): Promise<boolean> {
  return proxied || dns === null || (await dns.hasAddress(host));
}

/** One step within its time. Null, and a report, when it fails. */
export async function attempt<T>(
  step: Step,
  where: string,
  means: Means,
  work: (signal: AbortSignal) => Promise<T | null>,
): Promise<T | null> {
  const late = AbortSignal.timeout(stepMs);
  try {
    return await work(AbortSignal.any([means.signal, late]));
  } catch (error) {
    means.signal.throwIfAborted();
    if (error instanceof Refusal)
      means.refuse(`the configuration of ${where} is not used: ${error.message}`);
    else if (!(error instanceof Failure) && !late.aborted) throw error;
    means.report(step, `${where}: ${late.aborted ? 'no answer in time' : errorText(error)}`);
    return null;
  }
}
