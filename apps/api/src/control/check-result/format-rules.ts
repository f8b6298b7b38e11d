import type { BuildOrder, BuildPart, BuildResult } from '@fatbuildr/domain';

/** What a result is held against. */
export type Ordered = Pick<BuildOrder, 'architecture' | 'primary'> &
  Pick<BuildResult, 'source'> & {
    part: BuildPart | undefined;
    /** Whether the source package is among the files. */
    withSource: boolean;
  };

/** What the files of a format's build must be like, told from their names. Faults are for people. */
export interface FormatRules {
  /** `Debian`, for messages. */
  kind: string;
  isVersion(version: string): boolean;
  fileFault(name: string, ordered: Ordered): string | undefined;
  setFaults(names: readonly string[], ordered: Ordered): string[];
}
