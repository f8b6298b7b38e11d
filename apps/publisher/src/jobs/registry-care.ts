import { Failure, type ImportSource } from '@fatbuildr/domain';
import type { ChangeRequest, PackageSelector, PublishResult, Registry } from '@fatbuildr/registry';

export interface ImportRequest extends ChangeRequest {
  derivative: string;
  source: ImportSource;
  /** Empty: everything. */
  selectors: PackageSelector[];
  /** Signs an RPM package `from` into `to`. */
  signRpm(from: string, to: string): Promise<void>;
  /** What it is at, for people. */
  line(text: string): void;
  signal: AbortSignal;
}

/** What is done with repositories beside publishing. */
export interface RegistryCare extends Pick<Registry, 'collect' | 'impact'> {
  importPackages(request: ImportRequest): Promise<PublishResult>;
}

export function registryCare({ collect, impact }: Pick<Registry, 'collect' | 'impact'>): RegistryCare {
  return {
    collect,
    impact,
    async importPackages() {
      throw new Failure('rejected', 'this version of the publisher cannot import repositories yet', {
        hint: 'publish its packages as artifacts instead',
      });
    },
  };
}
