import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChangelogEntry, Failure } from '@fatbuildr/domain';
import type { SourceRequest } from '../protocol.ts';
import type { TemplateVariables } from '../templates/render.ts';
import { renameFiles } from './rename-files.ts';
import { renderPackaging } from './render-packaging.ts';
import { freshDirectory } from './upstream.ts';

/** A definition as the packaging of one build. */
export interface OpenDefinition {
  /** A copy of the definition, files renamed and templates rendered. */
  definition: string;
  variables: TemplateVariables;
}

export async function openDefinition(request: SourceRequest, log: (line: string) => void): Promise<OpenDefinition> {
  const { work, format } = request;
  const variables = templateVariables(request);
  const definition = join(await freshDirectory(join(work, 'definition')), 'files');
  await cp(request.definition, definition, { recursive: true, verbatimSymlinks: true });
  await renameFiles(definition, variables, work);
  for (const name of await renderPackaging(definition, format, variables, work)) log(`Rendered ${name}`);
  return { definition, variables };
}

/** The changelog's entry of this build. */
export function newestEntry({ changelog, version }: SourceRequest): ChangelogEntry {
  const [newest] = changelog;
  if (newest?.version === version.full) return newest;
  throw new Failure('infrastructure-failure', 'The newest entry of the changelog is not of the version to build');
}

/** The fetched archive of a planned source. */
export function archiveOf({ sources }: SourceRequest, id: string): string {
  const path = sources.find((source) => source.id === id)?.path;
  if (path !== undefined) return path;
  throw new Failure('infrastructure-failure', `The archive of the source ${id} is missing`);
}

function templateVariables(request: SourceRequest): TemplateVariables {
  const { plan, version, artifact, distribution, derivative, architectures, environment } = request;
  const [main] = plan.sources;
  const { full, dist } = version;
  return {
    version: { ...plan.version, full, dist, fullrelease: full.slice(full.lastIndexOf('-') + 1) },
    pkg: {
      artifact,
      distribution,
      derivative,
      architectures,
      env_name: environment,
      tarball_url: main?.url ?? '',
      tarball_filename: main?.filename ?? '',
    },
  };
}
