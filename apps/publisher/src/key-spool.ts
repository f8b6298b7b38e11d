import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';

/** A secret key as an administrator handed it over. */
export interface SpooledKey {
  armored: string;
  passphrase: string | undefined;
}

/** More than any key has. */
const SIZE_LIMIT = 1 << 20;

/**
 * The directory in which secret keys wait to be imported, `<instance>.asc` with `<instance>.passphrase` where there is
 * one: they go from file to file on this host, and through nothing else.
 */
export async function openSpool(directory: string) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const secretOf = (instance: string) => join(directory, `${instance}.asc`);
  const passphraseOf = (instance: string) => join(directory, `${instance}.passphrase`);

  return {
    /**
     * Gives the key of an instance to `work`. Both files are removed once it is over, unless that was this host's fault.
     *
     * @throws Failure `rejected` when there is none, or others may read it
     */
    async take<T>(instance: string, work: (key: SpooledKey) => Promise<T>): Promise<T> {
      const remove = () =>
        Promise.all([secretOf(instance), passphraseOf(instance)].map((path) => rm(path, { force: true })));
      try {
        const armored = await readPrivate(secretOf(instance));
        if (armored === undefined) {
          throw new Failure('rejected', 'there is no key to import', {
            hint: `on the publisher's host, as root: fatbuildrctl keyring import FILE; or put it at ${secretOf(instance)}`,
          });
        }
        const result = await work({ armored, passphrase: await readPrivate(passphraseOf(instance)) });
        await remove();
        return result;
      } catch (error) {
        if (error instanceof Failure && error.outcome === 'rejected') await remove();
        throw error;
      }
    },
  };
}

/** The content of a file that is its owner's alone; undefined when there is none. */
async function readPrivate(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Failure('rejected', `the key cannot be imported: ${error.message}`, {
      hint: 'it must be a plain file, 0600, owned by the publisher’s user',
      cause: error,
    });
  });
  if (!file) return undefined;
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new Failure('rejected', `others could read the key at ${path}`, {
        hint: 'put it there with mode 0600, as fatbuildrctl keyring import FILE does; consider whether it is still a secret',
      });
    }
    if (size > SIZE_LIMIT) throw new Failure('rejected', `${path} is too large for a key`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
