import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type TLSSocket,
} from 'node:tls';
import { errorCode, errorText, Failure } from '../errors.ts';
import { plainFingerprint } from './fingerprint.ts';
import { readSmallFile } from './small-file.ts';

/** What a config says about TLS to one server. Paths are absolute. */
export interface TlsSettings {
  /** PEM file of a private certificate authority, in place of the usual ones. */
  readonly caFile: string | null;
  /** PEM files of a client certificate and its key. */
  readonly clientCertificate: { readonly certFile: string; readonly keyFile: string } | null;
  /** SHA-256 of the server's certificate, 64 hex digits: it alone is trusted, whoever signed it. */
  readonly fingerprint: string | null;
}

/** The usual authorities, nothing else. */
export const usualTls: TlsSettings = { caFile: null, clientCertificate: null, fingerprint: null };

/** The same, read. */
export interface TlsMaterial {
  readonly options: ConnectionOptions;
  readonly fingerprint: string | null;
}

const minVersion = 'TLSv1.2';
/** All the authorities an operating system knows take a quarter of it. */
const maxPemBytes = 1 << 20;

/** @throws Failure 'config' naming the file that is not there or cannot be read. */
export async function readTls(settings: TlsSettings): Promise<TlsMaterial> {
  const { caFile, clientCertificate, fingerprint } = settings;
  if (caFile === null && clientCertificate === null)
    return { options: { minVersion }, fingerprint };
  const ca = caFile === null ? {} : { ca: await readPem(caFile, 'ca_file') };
  const client =
    clientCertificate === null
      ? {}
      : {
          cert: await readPem(clientCertificate.certFile, 'client_cert_file'),
          key: await readPem(clientCertificate.keyFile, 'client_key_file'),
        };
  try {
    const secureContext = createSecureContext({ minVersion, ...ca, ...client });
    return { options: { secureContext }, fingerprint };
  } catch (error) {
    const files = [caFile, clientCertificate?.certFile, clientCertificate?.keyFile];
    const named = files.filter((file) => typeof file === 'string').join(', ');
    throw new Failure('config', `${named}: not PEM, or of different keys (${errorCode(error)})`, {
      hint: 'check ca_file, client_cert_file and client_key_file in the config',
      cause: error,
    });
  }
}

/** The same with its authorities read, where that has not been done, before there is a server. */
export function prepared({ options, fingerprint }: TlsMaterial): TlsMaterial {
  const { secureContext = createSecureContext({ minVersion }) } = options;
  return { options: { secureContext }, fingerprint };
}

async function readPem(file: string, key: string): Promise<Buffer> {
  const hint = `check ${key} in the config`;
  const bytes = await readSmallFile(file, maxPemBytes).catch((error: unknown) => {
    throw new Failure('config', `cannot read the certificate file ${file}: ${errorText(error)}`, {
      hint,
      cause: error,
    });
  });
  if (bytes === null) throw new Failure('config', `there is no certificate file ${file}`, { hint });
  return bytes;
}

/** The certificate is not the one the config names. Its code is like those of OpenSSL. */
export class WrongCertificate extends Error {
  override readonly name = 'WrongCertificate';
  readonly code = 'ERR_TLS_FINGERPRINT';
}

/**
 * TLS upon a socket. `onSecure` is called once the server is known to be the right one, before
 * which nothing may be sent; else the socket is destroyed with the reason.
 */
export function startTls(
  socket: Duplex,
  host: string,
  { options, fingerprint }: TlsMaterial,
  onSecure: () => void,
): TLSSocket {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({
    ...options,
    ...name,
    // Without a servername Node would check the certificate against "localhost".
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    socket,
    // Said, or NODE_TLS_REJECT_UNAUTHORIZED would decide. A pinned certificate is trusted for
    // what it is; it is compared below.
    rejectUnauthorized: fingerprint === null,
  });
  secure.once('secureConnect', () => {
    const presented = secure.getPeerX509Certificate()?.fingerprint256 ?? '';
    if (fingerprint === null || plainFingerprint(presented) === fingerprint) return onSecure();
    secure.destroy(
      new WrongCertificate(
        `its fingerprint is ${plainFingerprint(presented)}, not the one in the config`,
      ),
    );
  });
  return secure;
}
