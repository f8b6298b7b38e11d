import { type BuildRpmOrder, Failure } from '@fatbuildr/domain';
import type { RpmArchitectures } from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { openMockBuilder } from './mock.ts';
import { openRpmbuild } from './rpmbuild.ts';

/** A source RPM and what is known of it. */
export interface SourceRpm {
  name: string;
  /** `version-release`; null until the build tells. */
  version: string | null;
  /** The directory that it lies in, on this host, and its name there. */
  directory: string;
  file: string;
  /** Options of the definition. */
  buildargs: readonly string[];
  /** What it makes packages for; undefined where the builder does not ask. */
  architectures?: RpmArchitectures;
}

/** What a source RPM is made of: everything lies in one directory on this host. */
export interface SpecFiles {
  directory: string;
  spec: string;
  buildargs: readonly string[];
}

/** What builds RPM packages, opened for one build in its environment. */
export interface RpmBuilder {
  /** Makes a source RPM; where the spec file is wrong that is a Failure `rejected`. */
  fromFiles(files: SpecFiles): Promise<SourceRpm>;
  /** Takes a source RPM of any origin. */
  fromSourceRpm(ready: Pick<SourceRpm, 'name' | 'directory' | 'file' | 'buildargs'>): Promise<SourceRpm>;
  /** Builds into the result directory of the build; marks the phases `dependencies` and `build`. */
  build(source: SourceRpm): Promise<void>;
}

/** Opens the builder that the environment was made by. */
export async function openBuilder(build: PackageBuild<BuildRpmOrder>): Promise<RpmBuilder> {
  const { target } = build.job.order;
  const { builder = 'rpmbuild' } = build.environment.held;
  if (target.builder !== null && target.builder !== builder) throw otherBuilder(target, builder);
  return builder === 'mock' ? openMockBuilder(build) : openRpmbuild(build);
}

function otherBuilder({ environment, builder, distribution }: BuildRpmOrder['target'], made: string): Failure {
  return new Failure(
    'infrastructure-failure',
    `The environment ${environment} was made by ${made}, not by ${builder}.`,
    {
      hint: `Make it anew: fatbuildrctl images env-create -f rpm -d ${distribution} --force`,
    },
  );
}
