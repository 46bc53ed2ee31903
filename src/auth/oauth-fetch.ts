import { Failure } from '../errors.ts';

const maxResponseBytes = 1 << 20;

interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: NonNullable<RequestInit['body']> | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Fetch = (url: string, options: FetchOptions) => Promise<Response>;

/**
 * fetch for authorization servers: the answer is read here, and only up to 1 MiB after
 * decompression, as no library below has a limit. A redirect is never followed.
 */
export function boundedFetch(signal: AbortSignal): Fetch {
  return async (url, { method, headers, body: requestBody, signal: timeout }) => {
    const signals = timeout === undefined ? [signal] : [signal, timeout];
    const response = await fetch(url, {
      method,
      headers,
      body: requestBody ?? null,
      redirect: 'manual',
      signal: AbortSignal.any(signals),
    });
    const body = await readBounded(response, new URL(url).host);
    // These have no body, and Response refuses one.
    const empty = response.status === 204 || response.status === 304;
    return new Response(empty ? null : body, {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

async function readBounded(response: Response, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxResponseBytes) {
      throw new Failure('protocol', `${host} answered with more than ${maxResponseBytes} bytes`, {
        hint: 'check the issuer in the config',
      });
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
