import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { Writing } from '../format.ts';
import type { AptRepository, RepositorySigner } from '../model/repository.ts';
import { inTime } from '../shared/in-time.ts';
import type { Layout } from './layout.ts';

/** What clients start from, in the order that it changes. InRelease last: most clients read nothing else. */
export const HEADS = ['Release', 'Release.gpg', 'InRelease'] as const;

/**
 * Stages a revision's Release with both of its signatures, where no client looks.
 *
 * Its files are dated at least a second after those of the revision before: apt asks "modified since?" in whole
 * seconds, and would keep the earlier InRelease for good when two come within one.
 */
export async function writeHeads(
  layout: Layout,
  { next, signer, wave }: Writing<AptRepository>,
  release: string,
): Promise<void> {
  const dir = layout.revision(next.revision);
  await rm(dir, { recursive: true, force: true });
  const [inRelease, signature] = await inTime(
    Promise.all([signer.signCleartext(release), signer.signDetached(Buffer.from(release))]),
  );
  const before = next.previous === null ? 0 : await modifiedAt(join(layout.revision(next.previous), 'InRelease'));
  const modified = new Date(Math.max(next.created, before + 1000));
  const contents = { Release: release, 'Release.gpg': signature, InRelease: inRelease };
  await Promise.all(HEADS.map(async (name) => wave.place(await wave.stage(contents[name], modified), join(dir, name))));
}

/** 0 where somebody took the file away: nothing is published otherwise ever again. */
function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0;
      throw error;
    },
  );
}

/**
 * Reads heads back and checks both signatures with the public key.
 *
 * @param dir of a revision, or `dists`
 * @throws Failure `publish-failure`
 */
export async function checkHeads(dir: string, release: string, signer: RepositorySigner): Promise<void> {
  const [written, signature, inRelease] = await Promise.all([
    readFile(join(dir, 'Release')),
    readFile(join(dir, 'Release.gpg'), 'utf8'),
    readFile(join(dir, 'InRelease'), 'utf8'),
  ]);
  if (written.toString() !== release) throw new Failure('publish-failure', 'Release reads back otherwise than written');
  const [, signed] = await inTime(
    Promise.all([signer.verifyDetached(written, signature), signer.verifyCleartext(inRelease)]),
  );
  if (signed !== release) {
    throw new Failure('publish-failure', 'InRelease is signed well but says something else than Release');
  }
}
