import { debArchitectureOf, Failure, type FileRef, withoutEpoch } from '@fatbuildr/domain';
import type { Changes } from './changes.ts';

/** What a job was asked to build. */
export interface DebOrder {
  source: string;
  /** The full version. */
  version: string;
  architecture: string;
  /** Whether packages of `Architecture: all` are this job's too. */
  withAll: boolean;
}

/**
 * Checks a finished build against its order: the .changes file is of this source, version and architecture, lists
 * exactly the files that came out, byte for byte, and each package's file name is one that the order allows.
 *
 * `files` are those beside the .changes file, with digests that the caller computed itself.
 *
 * @throws Failure `build-failure` that lists everything wrong.
 */
export function checkDebResult(order: DebOrder, changes: Changes, files: readonly FileRef[]): void {
  const wrong = [...wrongHead(order, changes), ...wrongFiles(changes, files), ...wrongNames(order, changes)];
  if (wrong.length > 0) {
    throw new Failure('build-failure', `The build gave other files than were ordered: ${wrong.join('; ')}`);
  }
}

/** The architectures whose packages a job may yield. */
function allowedArchitectures({ architecture, withAll }: DebOrder): string[] {
  return withAll ? [architecture, 'all'] : [architecture];
}

function wrongHead(order: DebOrder, changes: Changes): string[] {
  const wrong: string[] = [];
  if (changes.source !== order.source) wrong.push(`source ${changes.source}, expected ${order.source}`);
  if (changes.version !== order.version) wrong.push(`version ${changes.version}, expected ${order.version}`);
  const allowed = allowedArchitectures(order);
  const others = changes.architectures.filter((architecture) => !allowed.includes(architecture));
  if (others.length > 0) wrong.push(`architecture ${others.join(' ')}, expected ${allowed.join(' or ')}`);
  return wrong;
}

function wrongFiles(changes: Changes, files: readonly FileRef[]): string[] {
  const built = new Map(files.map((file) => [file.name, file]));
  const listed = new Set(changes.files.map(({ name }) => name));
  const missing = changes.files.flatMap(({ name, sha256, size }) => {
    const file = built.get(name);
    if (!file) return [`${name} is listed but was not built`];
    return file.sha256 === sha256 && file.size === size ? [] : [`${name} has other content than is listed`];
  });
  return [...missing, ...files.filter(({ name }) => !listed.has(name)).map(({ name }) => `${name} is not listed`)];
}

/** A binary package may have a version of its own; what the .deb says inside is the publisher's to check. */
function wrongNames(order: DebOrder, changes: Changes): string[] {
  const allowed = allowedArchitectures(order);
  if (!changes.files.some(({ name }) => debArchitectureOf(name) !== undefined)) return ['no package was built'];
  return changes.files.flatMap(({ name }) => {
    if (name === `${order.source}_${withoutEpoch(order.version)}_${order.architecture}.buildinfo`) return [];
    const architecture = debArchitectureOf(name);
    return architecture !== undefined && allowed.includes(architecture) ? [] : [`${name} was not ordered`];
  });
}
