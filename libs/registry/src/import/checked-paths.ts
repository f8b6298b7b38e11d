import { Failure } from '@fatbuildr/domain';
import type { ListedFile, ListedPackage } from './listed.ts';

/** Larger than any package; smaller than a disk. */
const LARGEST_FILE = 16 * 2 ** 30;
/** Names and versions of packages: what they are is checked when they are read, here that they harm no terminal. */
const WORD = /^[\w+.~^:%-][\w+.~^:%@-]{0,255}$/;

/**
 * A path that stays below where it starts: nothing that a list says leads out of its repository.
 *
 * @param list names the list, for people
 * @throws Failure `rejected`
 */
function checkedPath(path: string, list: string): string {
  const steps = path.split('/').filter((step) => step !== '.' && step !== '');
  const fine = path.length <= 1024 && !path.startsWith('/') && !/[\u0000-\u001f\u007f\\]/.test(path);
  if (fine && steps.length > 0 && !steps.includes('..')) return steps.join('/');
  throw new Failure(
    'rejected',
    `${list} names a file outside of its repository: ${JSON.stringify(path.slice(0, 200))}`,
    {
      hint: 'nothing was taken over; find out who wrote that list',
    },
  );
}

/** A file of a list, fit to be asked for. @throws Failure `rejected` */
export function checkedFile<File extends ListedFile>(file: File, list: string): File {
  const path = checkedPath(file.path, list);
  const { size, sha256 } = file;
  if (Number.isSafeInteger(size) && size >= 0 && size <= LARGEST_FILE && /^[0-9a-f]{64}$/.test(sha256)) {
    return { ...file, path };
  }
  throw new Failure('rejected', `${list} tells no size or sha256 of ${path} that can be`, {
    hint: 'have the lists made anew by what keeps the repository',
  });
}

/**
 * A package of a list, fit to be told to people and to be asked for.
 *
 * @param top what its paths start from: empty or ending in a slash
 * @throws Failure `rejected`
 */
export function checkedPackage(one: ListedPackage, top: string, list: string): ListedPackage {
  const words = [one.name, one.version, one.architecture, one.source.name, one.source.version];
  const strange = words.find((word) => !WORD.test(word));
  if (strange !== undefined) {
    throw new Failure(
      'rejected',
      `${list} has what is no name and no version: ${JSON.stringify(strange.slice(0, 200))}`,
      {
        hint: 'nothing was taken over; have the lists made anew by what keeps the repository',
      },
    );
  }
  return { ...one, files: one.files.map((file) => checkedFile({ ...file, path: `${top}${file.path}` }, list)) };
}
