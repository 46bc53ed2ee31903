import { Failure, isFailureKind } from '../errors.ts';
import type { RenewalStage } from './renewal.ts';
import { formatCredential, type Grant, parseCredential } from './token-set.ts';

/** What mailctl asks its renewal process: one JSON document on stdin. */
export interface RenewalRequest {
  readonly config: string;
  readonly account: string;
  readonly refused: string | null;
  readonly minValidMs: number;
  /** What unlocks the token store, in base64; null where nothing is needed. */
  readonly storeSecret: string | null;
}

/** What it answers: JSON lines on stdout, stages first, then one of the others. */
export type RenewalMessage =
  | { readonly stage: RenewalStage }
  | { readonly grant: Grant }
  | { readonly failure: Failure };

export function parseRenewalRequest(text: string): RenewalRequest {
  const { config, account, refused, minValidMs, storeSecret } = parseObject(text);
  if (
    typeof config === 'string' &&
    typeof account === 'string' &&
    (typeof refused === 'string' || refused === null) &&
    typeof minValidMs === 'number' &&
    (typeof storeSecret === 'string' || storeSecret === null)
  ) {
    return { config, account, refused, minValidMs, storeSecret };
  }
  throw new Error('not a renewal request');
}

export function formatRenewalMessage(message: RenewalMessage): string {
  if ('stage' in message) return JSON.stringify(message);
  if ('grant' in message) return JSON.stringify({ grant: formatCredential(message.grant) });
  const { kind, message: sentence, hint } = message.failure;
  return JSON.stringify({ failure: { kind, sentence, hint } });
}

/** Null for a line that is none; it is not repeated, as it may hold a secret. */
export function parseRenewalMessage(line: string): RenewalMessage | null {
  const { stage, grant, failure } = parseObject(line);
  if (isStage(stage)) return { stage };
  if (typeof grant === 'string') {
    const parsed = parseCredential(grant);
    return parsed?.kind === 'grant' ? { grant: parsed } : null;
  }
  if (typeof failure !== 'object' || failure === null) return null;
  const { kind, sentence, hint }: Readonly<Record<string, unknown>> = { ...failure };
  if (!isFailureKind(kind) || typeof sentence !== 'string') return null;
  return {
    failure: new Failure(kind, sentence, { hint: typeof hint === 'string' ? hint : undefined }),
  };
}

function isStage(value: unknown): value is RenewalStage {
  return (
    value === 'reading' || value === 'connecting' || value === 'redeeming' || value === 'storing'
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
