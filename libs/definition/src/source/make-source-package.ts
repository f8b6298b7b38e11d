import { copyFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, withoutEpoch } from '@fatbuildr/domain';
import { readDsc } from '../dsc.ts';
import type { SourcePackage, SourceRequest } from '../protocol.ts';
import type { TemplateVariables } from '../templates/render.ts';
import { makeDebianDirectory, renderPackaging } from './debian-directory.ts';
import { dpkgSource } from './dpkg-source.ts';
import { assemblePatches } from './patches.ts';
import { renameFiles } from './rename-files.ts';
import { freshDirectory, replaceDirectory, unpackUpstream } from './upstream.ts';

/** Makes the Debian source package of an inspected definition. */
export async function makeSourcePackage(request: SourceRequest, log: (line: string) => void): Promise<SourcePackage> {
  const { plan, work, format } = request;
  const [newest] = request.changelog;
  if (newest?.version !== request.version.full) {
    throw new Failure('infrastructure-failure', 'The newest entry of the changelog is not of the version to build');
  }
  const variables = templateVariables(request);
  const definition = join(await freshDirectory(join(work, 'definition')), 'files');
  await cp(request.definition, definition, { recursive: true, verbatimSymlinks: true });

  await renameFiles(definition, variables, work);
  for (const name of await renderPackaging(definition, variables, work)) log(`Rendered ${name}`);

  const build = await freshDirectory(join(work, 'build'));
  const tree = `${plan.name}-${plan.version.main}`;
  await unpackSources(request, build, join(build, tree), log);
  const debian = await makeDebianDirectory(definition, join(build, tree), plan.name, request.changelog);
  const patches = await assemblePatches(definition, debian, variables, format, work);
  log(`Making the source package with ${patches} patches of the definition`);
  await dpkgSource(build, tree, Math.floor(newest.timestamp / 1000), log);
  return collect(build, `${plan.name}_${withoutEpoch(request.version.full)}.dsc`, request.output);
}

function templateVariables(request: SourceRequest): TemplateVariables {
  const { plan, version, artifact, distribution, derivative, architectures } = request;
  const { full, dist } = version;
  const fullrelease = full.slice(`${plan.version.main}-`.length);
  return {
    version: { ...plan.version, full, dist, fullrelease },
    pkg: { artifact, distribution, derivative, architectures },
  };
}

/** The main source becomes the tree and the original tarball, each other one a component of both. */
async function unpackSources(request: SourceRequest, build: string, tree: string, log: (line: string) => void) {
  const { plan, sources } = request;
  for (const [index, { id, filename }] of plan.sources.entries()) {
    const archive = sources.find((source) => source.id === id)?.path;
    if (archive === undefined)
      throw new Failure('infrastructure-failure', `The archive of the source ${id} is missing`);
    log(`Opening ${filename}`);
    const base = join(build, `${plan.name}_${plan.version.main}`);
    if (index === 0) await unpackUpstream({ archive, filename, tree, orig: `${base}.orig.tar` });
    else {
      const component = `${tree}.${id}`;
      await unpackUpstream({ archive, filename, tree: component, orig: `${base}.orig-${id}.tar` });
      await replaceDirectory(component, join(tree, id));
    }
  }
}

async function collect(build: string, dsc: string, output: string): Promise<SourcePackage> {
  const { files } = await readDsc(build, dsc);
  await mkdir(output, { recursive: true });
  for (const { name } of files) await copyFile(join(build, name), join(output, name));
  return { dsc, files };
}
