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
  /** What mkosi calls its other images (`mkosi.images/`), which this one is made of. */
  parts: string[];
}

/** What the file is called that holds an image of each format, without what compression adds. */
const EXTENSIONS: Record<string, string> = {
  ...{ tar: 'tar', directory: 'tar', oci: 'oci.tar', cpio: 'cpio' },
  ...{ disk: 'raw', esp: 'raw', portable: 'raw', sysext: 'raw', confext: 'raw' },
  ...{ uki: 'efi', addon: 'efi' },
};
/** Formats that mkosi makes as a directory; all others are files. */
const DIRECTORIES = ['directory', 'oci'];

/** What the file of an image is called after its name and version; undefined for a format that is not known here. */
export function extensionOf({ format }: Pick<ImageSettings, 'format'>): string | undefined {
  return EXTENSIONS[format];
}

/** Whether mkosi leaves a directory, which is to be packed. */
export function isDirectory({ format }: Pick<ImageSettings, 'format'>): boolean {
  return DIRECTORIES.includes(format);
}

/**
 * The settings of an image from the output of `mkosi --json summary`: of the last one, which the others are parts of.
 *
 * @throws Failure `rejected` when it asks for what a build here cannot do
 */
export function readImageSettings(json: string): ImageSettings {
  const images = readImages(json);
  const image = images.at(-1) ?? {};
  const format = text(image, 'Format');
  const distribution = text(image, 'Distribution');
  if (format === undefined || distribution === undefined) {
    throw new Failure('infrastructure-failure', 'What mkosi says of the image cannot be read.', {
      hint: 'The tool image has another mkosi than this version of Fatbuildr knows: fatbuildrctl images create --force -f osi',
    });
  }
  if (format === 'none') throw refused('Format=none makes no image', 'Name a format: tar, directory, disk, cpio …');
  for (const one of images) refuseImpossible(one);
  return {
    distribution,
    // Distribution=custom has none.
    release: text(image, 'Release') ?? '',
    mirror: text(image, 'LocalMirror') ?? text(image, 'Mirror'),
    repositories: list(image, 'Repositories').map(String),
    format,
    parts: images.slice(0, -1).flatMap((one) => text(one, 'Output') ?? []),
  };
}

type Image = Record<string, unknown>;

function readImages(json: string): Image[] {
  try {
    const { Images } = JSON.parse(json) as { Images: Image[] };
    return Images.slice();
  } catch {
    return [];
  }
}

/** What a container of a build does not have, or an image cannot do without: said before anything is fetched. */
function refuseImpossible(image: Image): void {
  const format = text(image, 'Format') ?? '';
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
  const disk = treesOf(image).find((tree) => tree.endsWith('.raw'));
  if (disk !== undefined) {
    throw refused(
      `to read ${disk.slice(disk.lastIndexOf('/') + 1)} needs loop devices, and containers of builds have none`,
      'Bring the tree along as a directory or a tar, or make it as another image: mkosi.images/NAME with Format=directory.',
    );
  }
  if (
    EXTENSION_IMAGES.includes(format) &&
    list(image, 'Packages').length > 0 &&
    list(image, 'BaseTrees').length === 0
  ) {
    throw refused(
      `Format=${format} with Packages= needs BaseTrees=, the system that it extends`,
      `Make that as another image, mkosi.images/base with Format=directory and Output=base, and name it: BaseTrees=%O/base with Overlay=yes. Without Packages= none is needed.`,
    );
  }
}

const EXTENSION_IMAGES = ['sysext', 'confext', 'addon'];

/** Trees that mkosi unpacks: what has a place of its own is copied, whatever it is. */
function treesOf(image: Image): string[] {
  const trees = ['SkeletonTrees', 'ExtraTrees', 'SandboxTrees'].flatMap((key) => list(image, key)) as Image[];
  const unpacked = trees.filter(({ Target }) => !Target).map(({ Source }) => Source);
  return [...list(image, 'BaseTrees'), ...unpacked].map(String);
}

function list(image: Image, key: string): unknown[] {
  const value = image[key];
  return Array.isArray(value) ? value : [];
}

function text(image: Image, key: string): string | undefined {
  const value = image[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function refused(why: string, hint: string): Failure {
  return new Failure('rejected', `The image cannot be built here: ${why}.`, { hint });
}
