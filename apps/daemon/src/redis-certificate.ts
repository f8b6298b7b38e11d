import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { REDIS_SERVERNAME } from '@fatbuildr/domain';
import { execa } from 'execa';

/** PEM files of an administrator's own. */
export interface RedisTls {
  cert: string;
  key: string;
  ca: string | undefined;
}

const AUTHORITY_DAYS = 7300;
const CERTIFICATE_DAYS = 825;
/** A certificate that ends sooner is made anew. */
const RENEWAL_MS = 90 * 86_400_000;

/**
 * Sees to `ca.crt`, `tls.crt` and `tls.key` in `directory`: an authority for nothing but this Redis, kept for ever, and
 * a certificate for the name that build hosts expect whatever address they use. Hosts that trust the authority notice
 * nothing of a new certificate. openssl(1) makes them, since Node has nothing that writes X.509.
 */
export async function redisCertificate(directory: string): Promise<void> {
  const file = (name: string) => join(directory, name);
  if (!existsSync(file('ca.crt'))) {
    await makeCertificate(file('ca.key'), file('ca.crt'), AUTHORITY_DAYS, [
      ...['-subj', '/CN=Fatbuildr Redis authority', '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ]);
  }
  if (await isGood(file('tls.crt'), Date.now())) return;
  await makeCertificate(file('tls.key'), file('tls.crt'), CERTIFICATE_DAYS, [
    ...['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-subj', `/CN=${REDIS_SERVERNAME}`],
    ...['-addext', `subjectAltName=DNS:${REDIS_SERVERNAME}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-addext', 'extendedKeyUsage=serverAuth'],
  ]);
}

/** The certificate gets its name last: where it is, its key is too. */
async function makeCertificate(key: string, cert: string, days: number, options: string[]): Promise<void> {
  const made = ['-keyout', `${key}.new`, '-out', `${cert}.new`, '-days', String(days)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'];
  // openssl makes the key file with mode 0600 itself; its own configuration is not ours to rely on.
  await execa('openssl', ['req', '-x509', ...kind, ...made, ...options], {
    env: { OPENSSL_CONF: '/dev/null' },
  }).catch((cause: unknown) => {
    throw new Error('openssl could not make a certificate for Redis. Is the package openssl installed?', { cause });
  });
  await rename(`${key}.new`, key);
  await rename(`${cert}.new`, cert);
}

async function isGood(cert: string, now: number): Promise<boolean> {
  if (!existsSync(cert)) return false;
  return new X509Certificate(await readFile(cert)).validToDate.getTime() > now + RENEWAL_MS;
}
