import {
  type CertificateOptions,
  type Certificates,
  type CertificateTexts,
  generateCertificates,
  writeCertificates,
} from '../sandbox/certificates.ts';

const made = new Map<string, Promise<CertificateTexts>>();

/**
 * Certificates as `makeCertificates` makes them, but the same wherever a test file asks for the
 * same hosts: to make them takes as long as a run of mailctl. Who needs an authority that others do
 * not have calls `makeCertificates`.
 */
export async function shareCertificates(
  directory: string,
  options: CertificateOptions = {},
): Promise<Certificates> {
  const key = JSON.stringify(options);
  const texts = made.get(key) ?? generateCertificates(options);
  made.set(key, texts);
  return writeCertificates(directory, await texts);
}
