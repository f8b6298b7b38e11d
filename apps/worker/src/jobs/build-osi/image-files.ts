import { Failure, OSI_RESULT_FILE } from '@fatbuildr/domain';

/** What the files of an image are called. */
export interface ImageFiles {
  stem: string;
  /** Of the image itself, without what compression adds; undefined for a format that is not known here. */
  extension: string | undefined;
  /** The file of checksums, which the farm writes. */
  checksums: string;
}

/** Tells whether a name is one of a file of an image. What follows the version begins with a letter: it is no part of it. */
export function isOfImage(stem: string): (name: string) => boolean {
  return (name) =>
    OSI_RESULT_FILE.test(name) && name.startsWith(`${stem}.`) && /^[A-Za-z]/.test(name.slice(stem.length + 1));
}

/**
 * Checks that what scripts of a definition may have done to its output left an image.
 *
 * @throws Failure `build-failure` when there is none, or one that is empty, or something in the farm's place
 */
export function checkImageFiles(
  files: readonly { name: string; size: number }[],
  { stem, extension, checksums }: ImageFiles,
): void {
  const left = files.map(({ name }) => name);
  if (left.includes(checksums)) {
    throw new Failure('build-failure', `The build left ${checksums}, which the farm writes itself.`, {
      hint: 'Have the scripts of the definition write checksums into a file of another name, or none.',
    });
  }
  const called = `${stem}.${extension ?? ''}`;
  const image = files.find(({ name }) =>
    extension === undefined ? true : name === called || name.startsWith(`${called}.`),
  );
  if (image !== undefined && image.size > 0) return;
  const what = image === undefined ? `no ${called} but ${left.join(', ') || 'nothing'}` : `an empty ${image.name}`;
  throw new Failure('build-failure', `mkosi left ${what}.`, {
    hint: 'Scripts of the definition, PostOutputScripts= above all, may have moved or removed the image.',
  });
}
