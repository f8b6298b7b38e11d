import type { AttemptApi } from '@fatbuildr/client/worker';
import { Failure, type ImportSource } from '@fatbuildr/domain';
import {
  type ChangeRequest,
  directoryFiles,
  importPackages,
  type OriginFiles,
  type PackageSelector,
  type PublishResult,
  type Readers,
  type Registry,
} from '@fatbuildr/registry';
import { foreignVerifier } from '@fatbuildr/signing';
import { urlFiles } from './url-files.ts';

export interface ImportRequest extends ChangeRequest {
  derivative: string;
  source: ImportSource;
  /** Empty: everything. */
  selectors: PackageSelector[];
  /** Leave out packages that are there with other content, in place of refusing all. */
  skipConflicts: boolean;
  /** Brings bytes of a web server. */
  fetchOrigin: AttemptApi['fetchOrigin'];
  /** Signs an RPM package `from` into `to`. */
  signRpm(from: string, to: string): Promise<void>;
  /** What it is at, for people. */
  line(text: string): void;
  signal: AbortSignal;
  /** Runs the publication when its turn has come. */
  inTurn<T>(publish: () => Promise<T>): Promise<T>;
}

/** What is done with repositories beside publishing. */
export interface RegistryCare extends Pick<Registry, 'collect' | 'check' | 'impact'> {
  /**
   * Takes over packages of another repository, all or none.
   *
   * @throws Failure `rejected` when it is not to be had, or not what its lists and its key say
   */
  importPackages(request: ImportRequest): Promise<PublishResult>;
}

export interface CareOptions {
  registry: Registry;
  readers: Pick<Readers, 'session'>;
  /** Directories that may be imported, with what is below them. */
  importRoots: readonly string[];
  clock: () => number;
}

export function registryCare({ registry, readers, importRoots, clock }: CareOptions): RegistryCare {
  return {
    collect: registry.collect,
    check: registry.check,
    impact: registry.impact,
    async importPackages(request) {
      const { publicKey, suite, component, expired } = request.source;
      const verifier = publicKey === undefined ? null : await foreignVerifier(publicKey, clock);
      const files = await filesOf(request, importRoots);
      await using reader = readers.session();
      const origin = { files, verifier, reader, expired, clock };
      return await importPackages(registry, { ...request, suite, component, ...origin });
    },
  };
}

async function filesOf({ source, fetchOrigin, signal }: ImportRequest, roots: readonly string[]): Promise<OriginFiles> {
  const { location, publicKey, unsigned } = source;
  if (location.startsWith('/')) return directoryFiles(location, roots);
  if (publicKey === undefined && !unsigned) {
    throw new Failure('rejected', `${location} would be believed without a signature`, {
      hint: 'give the key that signed it with --key FILE; or say --unsigned to believe whoever answers there',
    });
  }
  return urlFiles(location, { fetchOrigin, signal });
}
