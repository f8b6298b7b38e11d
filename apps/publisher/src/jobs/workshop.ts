import type { Config } from '@fatbuildr/config';
import type { AptRegistry, PackageReader } from '@fatbuildr/registry';
import type { Keyrings } from '../keyrings.ts';

/** What the publisher's jobs work with. */
export interface Workshop {
  config: Pick<Config, 'instances' | 'api'>;
  registry: AptRegistry;
  keyrings: Keyrings;
  /** Where a blob lies; it may be read only. */
  blobPath: (sha256: string) => string;
  /** Reads a package where the keys are out of reach. */
  read: PackageReader;
}
