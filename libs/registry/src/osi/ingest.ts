import { Failure } from '@fatbuildr/domain';
import type { IncomingFile, IngestedPackage } from '../model/package.ts';
import { type Image, imageOf, imagesOf } from './checksums.ts';
import { inPool } from './layout.ts';

/**
 * The images among the files of a build, with all that belongs to each. Their names tell what they are: nothing is opened,
 * and they are hashed on their way into the pool. The checksums of the build stay out: the repository's name every image.
 *
 * @param first the architecture of files whose names tell none
 * @throws Failure `rejected` for a file that is not called as those of images are
 */
export function ingestImages(files: readonly IncomingFile[], first: string): IngestedPackage[] {
  const wanted = files.filter(({ name }) => !name.endsWith('.SHA256SUMS'));
  const strange = wanted.find(({ name }) => !imageOf(name));
  if (strange) throw new Failure('rejected', `${strange.name} is no file of an image`);
  return imagesOf(wanted).map((image) => ingestImage(image, first));
}

function ingestImage(image: Image<IncomingFile>, first: string): IngestedPackage {
  const { name, version, architecture, digest, checksums } = image;
  // the image itself stands for all: its manifest and the like are small
  const files = image.files.toSorted((a, b) => b.size - a.size);
  return {
    kind: 'binary',
    ...{ name, version, architecture: architecture ?? first },
    source: { name, version },
    ...{ section: '', summary: '', relations: {} },
    ...{ digest, content: digest },
    parts: { checksums },
    files: files.map((file) => ({
      path: `${inPool(image)}/${file.name}`,
      ...{ size: file.size, sha256: file.sha256, from: file.path },
    })),
  };
}
