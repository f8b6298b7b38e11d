import type { IndexList } from '../indexes/list.ts';
import type { PackageKind } from '../model/package.ts';
import type { AptRepository } from '../model/repository.ts';
import { joinContents } from './contents.ts';

const SUFFIX = '.gz';

/**
 * Every index that a repository has, empty or not: apt fails on a component or architecture that Release does not
 * name. Packages for all architectures are in each architecture's index.
 */
export function aptLists(repository: AptRepository, hasUdebs: (derivative: string) => boolean): IndexList[] {
  return repository.derivatives.flatMap((derivative) => [
    ...repository.architectures.flatMap((architecture) => {
      const architectures = [architecture, 'all'];
      const packages = `binary-${architecture}/Packages`;
      return [
        stanzas(derivative, 'binary', architectures, packages),
        ...(hasUdebs(derivative) ? [stanzas(derivative, 'udeb', architectures, `debian-installer/${packages}`)] : []),
        contents(derivative, architectures, `Contents-${architecture}`),
      ];
    }),
    stanzas(derivative, 'source', ['source'], 'source/Sources'),
  ]);
}

/** The path of the index that an archive's is, unpacked. */
export function unpackedPath(key: string): string {
  return key.slice(0, -SUFFIX.length);
}

function stanzas(derivative: string, kind: PackageKind, architectures: string[], path: string): IndexList {
  const key = `${derivative}/${path}${SUFFIX}`;
  return {
    key,
    derivative,
    kinds: [kind],
    architectures,
    part: 'stanza',
    compression: 'gzip',
    keepsPlain: true,
    mayLag: false,
  };
}

function contents(derivative: string, architectures: string[], path: string): IndexList {
  return {
    key: `${derivative}/${path}${SUFFIX}`,
    derivative,
    kinds: ['binary'],
    architectures,
    part: 'contents',
    compression: 'gzip',
    keepsPlain: false,
    mayLag: true,
    join: joinContents,
  };
}
