import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Failure } from '@fatbuildr/domain';

export interface Checksum {
  /** As node's crypto knows it, in lower case. */
  algorithm: string;
  hex: string;
}

/** Computes several digests of one stream. */
export interface Digester {
  update(chunk: Uint8Array): void;
  /** Throws a {@link Failure} that shows the expected and the actual value of each digest that differs. */
  verify(filename: string, from: string): void;
}

/** The declared checksums, checked to be such; throws a {@link Failure} that says what is wrong with them. */
export function parseChecksums(declared: Readonly<Record<string, string>>, filename: string): Checksum[] {
  const hint = 'Declare the sha256 of the file under `checksums` in artifact.yml.';
  const checksums = Object.entries(declared).map(([name, value]) => {
    const algorithm = name.toLowerCase();
    const hex = value.trim().toLowerCase();
    const digits = hashOf(algorithm)?.digest('hex').length;
    if (digits === undefined) throw new Failure('rejected', `${filename}: unknown kind of checksum: ${name}`, { hint });
    if (hex.length !== digits || !/^[0-9a-f]+$/.test(hex)) {
      throw new Failure('rejected', `${filename}: its ${name} is not ${digits} hexadecimal digits: ${value}`, { hint });
    }
    return { algorithm, hex };
  });
  if (checksums.length === 0) throw new Failure('rejected', `${filename}: the source has no checksum`, { hint });
  return checksums;
}

export function createDigester(checksums: readonly Checksum[]): Digester {
  const hashes = checksums.map((checksum) => ({ ...checksum, hash: createHash(checksum.algorithm) }));
  return {
    update: (chunk) => {
      for (const { hash } of hashes) hash.update(chunk);
    },
    verify: (filename, from) => {
      const wrong = hashes
        .map(({ algorithm, hex, hash }) => ({ algorithm, expected: hex, actual: hash.digest('hex') }))
        .filter(({ expected, actual }) => expected !== actual)
        .map(({ algorithm, expected, actual }) => `${algorithm} expected ${expected}, actual ${actual}`);
      if (wrong.length === 0) return;
      throw new Failure('rejected', `${filename} from ${from} is not the declared file: ${wrong.join('; ')}`, {
        hint: 'Check the URL and the version; if upstream really replaced the file, verify it and update `checksums` in artifact.yml.',
      });
    },
  };
}

/** Verifies a file on disk, as {@link Digester.verify}. */
export async function verifyFile(path: string, checksums: readonly Checksum[], filename: string): Promise<void> {
  if (checksums.length === 0) return;
  const digester = createDigester(checksums);
  for await (const chunk of createReadStream(path)) digester.update(chunk as Buffer);
  digester.verify(filename, 'the source cache');
}

function hashOf(algorithm: string): Hash | undefined {
  try {
    return createHash(algorithm);
  } catch {
    return undefined;
  }
}
