import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { LEAD_SIZE, locateRpmParts, parseHeader, type RpmParts, UnreadableRpm } from '@fatbuildr/domain/rpm';
import type { RpmSigner } from '../types.ts';
import { checkDigests } from './digests.ts';
import { replaceSignatures } from './signature-tags.ts';

/** What of a keyring signs packages. */
type PackageSigner = Pick<RpmSigner, 'algorithm' | 'signDetachedBinary' | 'verifyDetached'>;

/** A signed package is whole in memory only where it is too old to name its payload's digest. */
const LARGEST_OLD_PACKAGE = 512 << 20;

/**
 * Signs an RPM (format 3 or 4) as `rpmsign --addsign` does: what it says of its own bytes is checked first, any
 * signature on it is replaced by one of the current key over the main header, and that is verified with the public key.
 * Header and payload stay as they are.
 *
 * @param from the package
 * @param to where the signed one goes, written and synced; must not exist
 * @throws Failure `rejected` when the package is damaged or none; `publish-failure` when the signature does not verify
 */
export async function signRpm(from: string, to: string, keyring: { rpm: PackageSigner }): Promise<void> {
  const signer = keyring.rpm;
  await using source = await open(from, 'r');
  const parts = await readable(() => locateRpmParts((offset, length) => read(source, offset, length)));
  const headerBytes = await read(source, parts.header.start, parts.header.end - parts.header.start);
  const signatureHeader = await readable(async () =>
    parseHeader(await read(source, LEAD_SIZE, parts.signature.end - LEAD_SIZE), 'the signature header'),
  );
  const { payloadDigest } = await readable(() =>
    checkDigests(signatureHeader, { bytes: headerBytes, parsed: parseHeader(headerBytes, 'the main header') }, () =>
      streamFrom(from, parts.header.end),
    ),
  );
  const ofHeader = await sign(signer, headerBytes);
  const ofAll = payloadDigest ? undefined : await sign(signer, await signedBytes(source, parts));
  const lead = await read(source, 0, LEAD_SIZE);
  const signatures = replaceSignatures(signatureHeader, signer.algorithm, ofHeader, ofAll);
  await write(to, async (target) => {
    await target.writeFile(lead);
    await target.writeFile(signatures);
    await target.writeFile(streamFrom(from, parts.header.start));
    await target.sync();
  });
}

async function sign(signer: PackageSigner, data: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.signDetachedBinary(data);
  await signer.verifyDetached(data, signature);
  return signature;
}

async function signedBytes(source: FileHandle, { header }: RpmParts): Promise<Uint8Array> {
  const { size } = await source.stat();
  if (size - header.start > LARGEST_OLD_PACKAGE) {
    throw new Failure('rejected', `the package has no payload digest and is larger than ${LARGEST_OLD_PACKAGE} bytes`, {
      hint: 'build it again with rpm 4.14 or newer',
    });
  }
  return read(source, header.start, size - header.start);
}

async function write(path: string, fill: (target: FileHandle) => Promise<void>): Promise<void> {
  const target = await open(path, 'wx', 0o644);
  try {
    await fill(target);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await target.close();
  }
}

function streamFrom(path: string, start: number): AsyncIterable<Uint8Array> {
  return createReadStream(path, { start });
}

/** The bytes at `offset`, fewer at the end of the file. */
async function read(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) throw new UnreadableRpm('the file became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof UnreadableRpm)) throw cause;
    throw new Failure('rejected', `the package cannot be signed: ${cause.message}`, {
      hint: 'look at it with rpm -qpi, and build it again',
      cause,
    });
  }
}
