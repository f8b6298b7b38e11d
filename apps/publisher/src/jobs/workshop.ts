import type { Config } from '@fatbuildr/config';
import type { Readers, Registry } from '@fatbuildr/registry';
import type { Keyrings } from '../keyrings.ts';
import type { Telling } from '../telling.ts';
import type { RegistryCare } from './registry-care.ts';

/** What the publisher's jobs work with. */
export interface Workshop {
  config: Pick<Config, 'instances' | 'api'>;
  registry: Registry;
  care: RegistryCare;
  keyrings: Keyrings;
  telling: Telling;
  /** Where a blob lies; it may be read only. */
  blobPath: (sha256: string) => string;
  /** Read packages where the keys are out of reach. */
  readers: Pick<Readers, 'session'>;
}
