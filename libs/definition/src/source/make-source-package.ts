import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutEpoch } from '@fatbuildr/domain';
import { readDsc } from '../dsc.ts';
import type { SourcePackage, SourceRequest } from '../protocol.ts';
import { makeDebianDirectory, replacePatches } from './debian-directory.ts';
import { dpkgSource } from './dpkg-source.ts';
import { archiveOf, newestEntry, openDefinition } from './open-definition.ts';
import { assemblePatches } from './patches.ts';
import { freshDirectory, replaceDirectory, unpackUpstream } from './upstream.ts';

/** Makes the Debian source package of an inspected definition. */
export async function makeSourcePackage(request: SourceRequest, log: (line: string) => void): Promise<SourcePackage> {
  const { plan, work, format } = request;
  const newest = newestEntry(request);
  const { definition, variables } = await openDefinition(request, log);

  const build = await freshDirectory(join(work, 'build'));
  const tree = `${plan.name}-${plan.version.main}`;
  await unpackSources(request, build, join(build, tree), log);
  const debian = await makeDebianDirectory(definition, join(build, tree), plan.name, request.changelog);
  const patches = await freshDirectory(join(work, 'patches'));
  const names = await assemblePatches(definition, patches, variables, format, work);
  await replacePatches(debian, patches, names);
  log(`Making the source package with ${names.length} patches of the definition`);
  await dpkgSource(build, tree, Math.floor(newest.timestamp / 1000), log);
  return collect(build, `${plan.name}_${withoutEpoch(request.version.full)}.dsc`, request.output);
}

/** The main source becomes the tree and the original tarball, each other one a component of both. */
async function unpackSources(request: SourceRequest, build: string, tree: string, log: (line: string) => void) {
  const { plan } = request;
  for (const [index, { id, filename }] of plan.sources.entries()) {
    const archive = archiveOf(request, id);
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
  return { format: 'deb', dsc, files };
}
