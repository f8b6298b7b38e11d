import { Failure } from '@fatbuildr/domain';

/** What matters to the farm of what `mkosi summary` says of an image (mkosi(1)). */
export interface ImageSettings {
  distribution: string;
  release: string;
  /** The archive that the definition names itself. */
  mirror: string | undefined;
  /** Further repositories of the distribution: `contrib` for Debian. */
  repositories: string[];
  format: string;
}

/** Formats that mkosi makes as a directory; all others are files. */
const DIRECTORIES: Record<string, string> = { directory: 'tar', oci: 'oci.tar' };

/** What a file is called that holds an image of a format whose output is a directory; undefined for all others. */
export function packedAs({ format }: Pick<ImageSettings, 'format'>): string | undefined {
  return DIRECTORIES[format];
}

/**
 * The settings of an image from the output of `mkosi --json summary`: of the last one, which the others are parts of.
 *
 * @throws Failure `rejected` when it asks for what a build here cannot do
 */
export function readImageSettings(json: string): ImageSettings {
  const image = lastImage(json);
  const format = text(image, 'Format');
  const distribution = text(image, 'Distribution');
  const release = text(image, 'Release');
  if (format === undefined || distribution === undefined || release === undefined) {
    throw new Failure('infrastructure-failure', 'What mkosi says of the image cannot be read.', {
      hint: 'The tool image has another mkosi than this version of Fatbuildr knows: fatbuildrctl images create --force -f osi',
    });
  }
  if (format === 'none') throw refused('Format=none makes no image', 'Name a format: tar, directory, disk, cpio …');
  if (image['RepartOffline'] === false) {
    throw refused(
      `RepartOffline=no needs loop devices for Format=${format}, and containers of builds have none`,
      'Leave RepartOffline out: then mkosi makes file systems and partitions without them.',
    );
  }
  if (text(image, 'ToolsTree') !== undefined) {
    throw refused(
      'ToolsTree= would fetch tools, which the tool image has',
      'Leave it out; packages that are missing in the tool image belong in images.osi.packages of fatbuildr.yml.',
    );
  }
  const repositories = image['Repositories'];
  return {
    distribution,
    release,
    mirror: text(image, 'LocalMirror') ?? text(image, 'Mirror'),
    repositories: Array.isArray(repositories) ? repositories.map(String) : [],
    format,
  };
}

function lastImage(json: string): Record<string, unknown> {
  try {
    const { Images } = JSON.parse(json) as { Images: Record<string, unknown>[] };
    return Images.at(-1) ?? {};
  } catch {
    return {};
  }
}

function text(image: Record<string, unknown>, key: string): string | undefined {
  const value = image[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function refused(why: string, hint: string): Failure {
  return new Failure('rejected', `The image cannot be built here: ${why}.`, { hint });
}
