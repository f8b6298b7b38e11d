import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REDIS_SERVERNAME } from '@fatbuildr/domain';
import { execa } from 'execa';

/** PEM files of an administrator's own. */
export interface RedisTls {
  cert: string;
  key: string;
  ca: string | undefined;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 7300;
const CERTIFICATE_DAYS = 825;
/** A certificate that ends sooner is made anew. */
const RENEWAL_MS = 90 * DAY_MS;
/** Certificates begin this long ago: the clock of a build host may be behind. */
const BACKDATED_MS = DAY_MS;

const AUTHORITY = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign'];
const SERVER = [
  `subjectAltName=DNS:${REDIS_SERVERNAME}`,
  'basicConstraints=critical,CA:FALSE',
  'extendedKeyUsage=serverAuth',
];

/**
 * Sees to `ca.crt`, `tls.crt` and `tls.key` in `directory`: an authority for nothing but this Redis, kept for ever, and
 * a certificate for the name that build hosts expect whatever address they use. Hosts that trust the authority notice
 * nothing of a new certificate. openssl(1) makes them, since Node has nothing that writes X.509.
 */
export async function redisCertificate(directory: string): Promise<void> {
  const file = (name: string) => join(directory, name);
  const authority = { cert: file('ca.crt'), key: file('ca.key') };
  if (!existsSync(authority.cert)) {
    await makeCertificate({ ...authority, name: 'Fatbuildr Redis authority', days: AUTHORITY_DAYS, says: AUTHORITY });
  }
  if (await isGood(file('tls.crt'), Date.now())) return;
  const server = { cert: file('tls.crt'), key: file('tls.key') };
  await makeCertificate({ ...server, name: REDIS_SERVERNAME, days: CERTIFICATE_DAYS, says: SERVER, authority });
}

interface Wanted {
  cert: string;
  key: string;
  /** Common name. */
  name: string;
  days: number;
  /** Extensions (x509v3_config(5)). */
  says: readonly string[];
  /** Who signs it; by default its own key. */
  authority?: { cert: string; key: string };
}

/** The certificate gets its name last: where it is, its key is too. */
async function makeCertificate({ cert, key, name, days, says, authority }: Wanted): Promise<void> {
  const work = await mkdtemp(`${cert}.`);
  const [request, settings] = [join(work, 'request'), join(work, 'ca.conf')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'];
  const signer = authority
    ? ['-cert', authority.cert, '-keyfile', authority.key]
    : ['-selfsign', '-keyfile', `${key}.new`];
  const [from, until] = [asn1Time(Date.now() - BACKDATED_MS), asn1Time(Date.now() + days * DAY_MS)];
  try {
    await writeFile(settings, signingSettings(work, says));
    await writeFile(join(work, 'index.txt'), '');
    // openssl makes the key file with mode 0600 itself
    await openssl('req', '-new', ...kind, '-subj', `/CN=${name}`, '-keyout', `${key}.new`, '-out', request);
    // of the commands that sign, this one takes a beginning in every openssl that is in use
    const validity = ['-startdate', from, '-enddate', until];
    const files = ['-config', settings, '-in', request, '-out', `${cert}.new`];
    await openssl('ca', '-batch', '-notext', ...files, ...signer, ...validity);
  } finally {
    await rm(work, { recursive: true });
  }
  await rename(`${key}.new`, key);
  await rename(`${cert}.new`, cert);
}

/** What openssl-ca(1) has to be told in a file; its records are thrown away. */
function signingSettings(work: string, says: readonly string[]): string {
  return `[ca]
default_ca = farm
[farm]
database = ${work}/index.txt
new_certs_dir = ${work}
rand_serial = yes
default_md = sha256
policy = named
x509_extensions = said
[named]
commonName = supplied
[said]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${says.join('\n').replaceAll('=', ' = ')}
`;
}

async function openssl(...args: readonly string[]): Promise<void> {
  // its own configuration is not ours to rely on
  await execa('openssl', args, { env: { OPENSSL_CONF: '/dev/null' } }).catch((cause: unknown) => {
    throw new Error('openssl could not make a certificate for Redis. Is the package openssl installed?', { cause });
  });
}

/** `20261122201503Z`: GeneralizedTime of RFC 5280. */
function asn1Time(ms: number): string {
  return `${new Date(ms).toISOString().replace(/\..*|[-:T]/g, '')}Z`;
}

async function isGood(cert: string, now: number): Promise<boolean> {
  if (!existsSync(cert)) return false;
  return new X509Certificate(await readFile(cert)).validToDate.getTime() > now + RENEWAL_MS;
}
