import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PackageFormat } from '../plan.ts';
import { renderTemplates, type TemplateVariables } from '../templates/render.ts';

/** Renders every `*.j2` below the directory of a format in place: the result loses the suffix and keeps the mode. */
export async function renderPackaging(
  definition: string,
  format: PackageFormat,
  variables: TemplateVariables,
  work: string,
): Promise<string[]> {
  const entries = await readdir(join(definition, format), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.j2'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const jobs = paths.map((path) => ({ name: relative(definition, path), path }));
  const texts = await renderTemplates(jobs, variables, work);
  for (const [index, path] of paths.entries()) {
    const { mode } = await stat(path);
    const target = path.slice(0, -'.j2'.length);
    await rm(path);
    await rm(target, { force: true });
    await writeFile(target, texts[index] ?? '', { mode, flag: 'wx' });
  }
  return jobs.map(({ name }) => name);
}
