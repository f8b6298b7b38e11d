import {
  directoryFiles,
  type ImportRequest,
  importPackages,
  type OriginFiles,
  openReaders,
  type Registry,
  type Repository,
} from '@fatbuildr/registry';
import { foreignVerifier, type Keyring, signRpm } from '@fatbuildr/signing';

/** Takes over repositories into `main` of a registry, as the publisher does. */
export function importer(farm: { registry: Registry; repository: Repository; keyring: Keyring }) {
  const readers = openReaders();
  let tasks = 0;
  return {
    async from(origin: OriginFiles | string, key: string | null, more: Partial<ImportRequest> = {}) {
      tasks += 1;
      const lines: string[] = [];
      const files = typeof origin === 'string' ? await directoryFiles(origin, [origin]) : origin;
      await using reader = readers.session();
      const result = await importPackages(farm.registry, {
        ...{ files, reader, repository: farm.repository, derivative: 'main', task: `import${tasks}` },
        ...{ selectors: [], skipConflicts: false, line: (text) => void lines.push(text) },
        ...{ expired: false, clock: Date.now, inTurn: (publish) => publish() },
        verifier: key === null ? null : await foreignVerifier(key, Date.now),
        signRpm: (from, to) => signRpm(from, to, farm.keyring),
        signal: new AbortController().signal,
        ...more,
      });
      return { ...result, lines };
    },
    close: () => readers.close(),
  };
}
