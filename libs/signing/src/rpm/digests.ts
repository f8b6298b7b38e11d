import { createHash } from 'node:crypto';
import { Failure } from '@fatbuildr/domain';
import { binary, type Header, number, strings, text, UnreadableRpm } from '@fatbuildr/domain/rpm';

/** Tags of digests that rpmbuild leaves (RPM file format, "Signature tags"). */
const SHA1_OF_HEADER = 269;
const SHA256_OF_HEADER = 273;
const MD5_OF_ALL = 1004;
const PAYLOAD_DIGEST = 5092;
const PAYLOAD_DIGEST_ALGORITHM = 5093;

/** Digest algorithms by their number in OpenPGP (RFC 9580, 9.5). */
const ALGORITHMS: Record<number, string> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};

/**
 * Checks everything that an RPM says of its own bytes before a key vouches for it.
 *
 * @param payload the bytes after the main header
 * @returns whether the main header names the digest of its payload, so that a signature over the header covers both
 * @throws Failure `rejected` when a digest is wrong or none is there; UnreadableRpm
 */
export async function checkDigests(
  signature: Header,
  header: { bytes: Uint8Array; parsed: Header },
  payload: () => AsyncIterable<Uint8Array>,
): Promise<{ payloadDigest: boolean }> {
  const sha256 = text(signature, SHA256_OF_HEADER);
  const sha1 = text(signature, SHA1_OF_HEADER);
  if (sha256 !== undefined) compare('header', sha256, digest('sha256', header.bytes));
  if (sha1 !== undefined) compare('header', sha1, digest('sha1', header.bytes));

  const [wanted] = strings(header.parsed, PAYLOAD_DIGEST);
  const md5 = binary(signature, MD5_OF_ALL);
  if (wanted === undefined && md5 === undefined) {
    throw new Failure('rejected', 'the package has no digest of its payload at all', {
      hint: 'build it again with rpm 4.14 or newer',
    });
  }
  const algorithm = ALGORITHMS[number(header.parsed, PAYLOAD_DIGEST_ALGORITHM) ?? 8];
  if (algorithm === undefined) throw new UnreadableRpm('unknown algorithm of its payload digest');
  const ofPayload = createHash(algorithm);
  const ofAll = createHash('md5').update(header.bytes);
  for await (const chunk of payload()) {
    if (wanted !== undefined) ofPayload.update(chunk);
    if (md5 !== undefined) ofAll.update(chunk);
  }
  if (wanted !== undefined) compare('payload', wanted, ofPayload.digest('hex'));
  if (md5 !== undefined) compare('header and payload', Buffer.from(md5).toString('hex'), ofAll.digest('hex'));
  return { payloadDigest: wanted !== undefined };
}

function compare(what: string, expected: string, found: string): void {
  if (expected.toLowerCase() === found) return;
  throw new Failure('rejected', `the package is damaged: its ${what} has digest ${found}, not ${expected}`, {
    hint: 'build it again, or upload it again',
  });
}

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
