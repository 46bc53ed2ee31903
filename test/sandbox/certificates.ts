import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM: an authority, and a certificate it has signed. */
export interface CertificateTexts {
  ca: string;
  cert: string;
  key: string;
}

export interface Certificates extends CertificateTexts {
  /** The same as files, for programs that want a path. */
  caFile: string;
  certFile: string;
  keyFile: string;
}

export interface CertificateOptions {
  /** Host names in the certificate. Default: localhost, 127.0.0.1 and ::1. */
  hosts?: readonly string[];
  /** Default false; true makes one that was good until yesterday. */
  expired?: boolean;
}

const day = 24 * 60 * 60 * 1000;
const addresses = /^[\d.]+$|:/;

/**
 * Makes a certificate authority nobody else trusts and a server certificate signed by it, as PEM
 * files in the directory. The authority's own key is not kept.
 */
export async function makeCertificates(
  directory: string,
  options: CertificateOptions = {},
): Promise<Certificates> {
  return writeCertificates(directory, await generateCertificates(options));
}

export async function writeCertificates(
  directory: string,
  texts: CertificateTexts,
): Promise<Certificates> {
  const made: Certificates = {
    caFile: join(directory, 'ca.pem'),
    certFile: join(directory, 'server.pem'),
    keyFile: join(directory, 'server.key'),
    ...texts,
  };
  await mkdir(directory, { recursive: true });
  await writeFile(made.caFile, made.ca);
  await writeFile(made.certFile, made.cert);
  await writeFile(made.keyFile, made.key, { mode: 0o600 });
  return made;
}

/** The same, kept nowhere. */
export async function generateCertificates(
  options: CertificateOptions = {},
): Promise<CertificateTexts> {
  const hosts = options.hosts ?? ['localhost', '127.0.0.1', '::1'];
  const now = Date.now();
  const kind = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

  const authority = await generate([{ name: 'commonName', value: 'Sandbox CA' }], {
    ...kind,
    notBeforeDate: new Date(now - 30 * day),
    notAfterDate: new Date(now + 30 * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: hosts[0] ?? 'localhost' }], {
    ...kind,
    notBeforeDate: new Date(now - 2 * day),
    notAfterDate: new Date(now + (options.expired ? -day : 30 * day)),
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          addresses.test(host) ? { type: 7, ip: host } : { type: 2, value: host },
        ),
      },
    ],
  });

  return { ca: authority.cert, cert: server.cert, key: server.private };
}
