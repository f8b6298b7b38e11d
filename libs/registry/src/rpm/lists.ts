import type { IndexList } from '../indexes/list.ts';
import { PACKERS } from '../indexes/pack.ts';
import type { RpmRepository } from '../model/repository.ts';
import { directoryOf, targetsOf } from './layout.ts';

const LISTS = {
  primary: {
    root: 'metadata',
    xmlns: 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"',
  },
  filelists: { root: 'filelists', xmlns: 'xmlns="http://linux.duke.edu/metadata/filelists"' },
  other: { root: 'otherdata', xmlns: 'xmlns="http://linux.duke.edu/metadata/other"' },
} as const;

/** The three lists of every directory that a repository has, empty or not. */
export function rpmLists(repository: RpmRepository): IndexList[] {
  const compression = repository.compression ?? 'gzip';
  return targetsOf(repository).flatMap((target) =>
    Object.entries(LISTS).map(
      ([part, { root, xmlns }]): IndexList => ({
        key: `${directoryOf(target)}/${part}.xml${PACKERS[compression].suffix}`,
        derivative: target.derivative,
        kinds: ['binary', 'source'],
        architectures: target.architectures,
        part,
        compression,
        keepsPlain: true,
        mayLag: false,
        frame: (count) => ({
          head: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${xmlns} packages="${count}">\n`,
          tail: `</${root}>\n`,
        }),
      }),
    ),
  );
}
