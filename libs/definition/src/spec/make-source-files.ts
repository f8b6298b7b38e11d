import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, FileName } from '@fatbuildr/domain';
import type { SourceFiles, SourceRequest } from '../protocol.ts';
import { archiveOf, newestEntry, openDefinition } from '../source/open-definition.ts';
import { assemblePatches } from '../source/patches.ts';
import { freshDirectory } from '../source/upstream.ts';
import { renderTemplates } from '../templates/render.ts';
import { type SpecSource, takeArchive } from './archives.ts';
import { renderRpmChangelog } from './changelog.ts';
import { declarations } from './declarations.ts';

/**
 * Lays out what the source RPM of an inspected definition is made of: the spec file, its template filled in, beside
 * the sources, the other files of `rpm/` and the patches that it names.
 */
export async function makeSourceFiles(request: SourceRequest, log: (line: string) => void): Promise<SourceFiles> {
  const { plan, work, output, format, version } = request;
  newestEntry(request);
  const { definition, variables } = await openDefinition(request, log);
  const spec = `${plan.name}.spec`;
  const template = join(definition, 'rpm', spec);
  await requireOneSpec(join(definition, 'rpm'), spec);

  await mkdir(output, { recursive: true });
  const archives: SpecSource[] = [];
  for (const { id, filename } of plan.sources) {
    log(`Opening ${filename}`);
    archives.push({ id, ...(await takeArchive({ archive: archiveOf(request, id), filename, output, work })) });
  }
  const plain = await takePlainFiles(join(definition, 'rpm'), spec, output);
  const drafts = await freshDirectory(join(work, 'patches'));
  const patches = await assemblePatches(definition, drafts, variables, format, work);
  for (const name of patches) await copyFile(join(drafts, name), join(output, name));
  refuseTwice([spec, ...archives.map(({ file }) => file), ...plain, ...patches]);

  const texts = {
    release: version.full.slice(version.full.lastIndexOf('-') + 1),
    ...declarations({ name: plan.name, version: plan.version.main, archives, plain, patches }),
    changelog: renderRpmChangelog(request.changelog),
  };
  const [text = ''] = await renderTemplates([{ name: `rpm/${spec}`, path: template }], { ...variables, texts }, work);
  await writeFile(join(output, spec), text, { flag: 'wx' });
  log(`Rendered rpm/${spec} with ${archives.length + plain.length} sources and ${patches.length} patches`);
  return { format: 'rpm', spec };
}

/** The other files of `rpm/`, which become sources; directories do not. */
async function takePlainFiles(directory: string, spec: string, output: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name !== spec).map(({ name }) => name);
  const odd = names.find((name) => !FileName.safeParse(name).success);
  if (odd !== undefined) {
    throw new Failure('rejected', `rpm/${odd} has a name that a source of an RPM cannot have`, {
      hint: 'Rename it: letters, digits and ".+~-_", no blanks and no dot at its begin',
      where: `rpm/${odd}`,
    });
  }
  for (const name of names) await copyFile(join(directory, name), join(output, name));
  return names.sort();
}

/** All of them lie in one directory. */
function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return;
  throw new Failure('rejected', `Two sources or patches of the RPM are called ${twice}`, {
    hint: 'Rename one of them; for a source add a name to its URL: URL!filename',
  });
}

/** There is the spec file of the artifact, and no other: a source package is made of one. */
async function requireOneSpec(directory: string, spec: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const specs = entries.filter((entry) => entry.name.endsWith('.spec') && (entry.isFile() || entry.name === spec));
  const others = specs.flatMap(({ name }) => (name === spec ? [] : [`rpm/${name}`])).sort();
  if (!specs.some((entry) => entry.name === spec && entry.isFile())) {
    const found = others.length === 0 ? '' : `; there is ${others.join(', ')}`;
    throw new Failure('rejected', `rpm/${spec} is missing${found}`, {
      hint: 'The spec file has the name of the artifact; its directory is rpm/',
      where: `rpm/${spec}`,
    });
  }
  const [other] = others;
  if (other === undefined) return;
  throw new Failure('rejected', `rpm/ has other spec files than rpm/${spec}: ${others.join(', ')}`, {
    hint: 'A definition has one. Take the others out; what is to be a source of the package needs another ending.',
    where: other,
  });
}
