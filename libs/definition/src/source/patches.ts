import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deb822Error, Failure, FileName, type Paragraph, parseDeb822 } from '@fatbuildr/domain';
import { renderTemplates, type TemplateVariables } from '../templates/render.ts';

/** A patch of the definition; `path` is below the definition, as the user knows it. */
interface Patch {
  name: string;
  path: string;
  template: boolean;
}

/**
 * Puts the patches of a definition that are for this format and distribution into `target`, which exists; returns their
 * names in the order in which they apply: generic ones first, then those of the version, each in lexicographic order.
 *
 * Extra DEP-3 fields: `Distributions`, `Formats`, `Template`.
 *
 * @throws Failure `rejected` that names the patch.
 */
export async function assemblePatches(
  definition: string,
  target: string,
  variables: TemplateVariables,
  format: string,
  work: string,
): Promise<string[]> {
  const directories = ['patches/generic', `patches/${variables.version.main}`];
  const all = (await Promise.all(directories.map((directory) => listPatches(definition, directory)))).flat();
  const patches: Patch[] = [];
  for (const path of all) {
    const patch = await readPatch(definition, path, format, variables.pkg.distribution);
    if (patch) patches.push(patch);
  }
  const twice = patches.find(({ name }, index) => patches.findIndex((one) => one.name === name) < index);
  if (twice) throw refused(twice.path, 'has the name of another patch of this series');
  for (const { name, path, template } of patches) {
    if (!template) await copyFile(join(definition, path), join(target, name));
    else {
      const [text = ''] = await renderTemplates([{ name: path, path: join(definition, path) }], variables, work);
      await writeFile(join(target, name), text);
    }
  }
  return patches.map(({ name }) => name);
}

async function listPatches(definition: string, directory: string): Promise<string[]> {
  const entries = await readdir(join(definition, directory), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  return names
    .filter((name) => name !== 'series')
    .sort()
    .map((name) => `${directory}/${name}`);
}

async function readPatch(
  definition: string,
  path: string,
  format: string,
  distribution: string,
): Promise<Patch | undefined> {
  const name = path.split('/').at(-1) ?? '';
  if (!FileName.safeParse(name).success)
    throw refused(path, 'has a name that quilt cannot read; use letters, digits and -');
  const header = patchHeader(path, await readFile(join(definition, path), 'utf8'));
  const listed = (field: string, value: string) => {
    const words = header?.get(field)?.split(/[\s,]+/);
    return words === undefined || words.includes(value);
  };
  if (!listed('Formats', format) || !listed('Distributions', distribution)) return undefined;
  return { name, path, template: /^(yes|true)$/i.test(header?.get('Template')?.trim() ?? '') };
}

/** The fields that matter here; the rest of a DEP-3 header may be free text. */
const extraFields = /^(Distributions|Formats|Template):/i;

/** The extra fields before the first line of the patch proper. */
export function patchHeader(path: string, text: string): Paragraph | undefined {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => /^(---|\+\+\+|diff |Index: )/.test(line));
  const fields = lines.slice(0, end < 0 ? lines.length : end).filter((line) => extraFields.test(line));
  try {
    return parseDeb822(fields.join('\n'))[0];
  } catch (error) {
    if (error instanceof Deb822Error) throw refused(path, `has a wrong header: ${error.message}`);
    throw error;
  }
}

function refused(path: string, why: string): Failure {
  return new Failure('rejected', `The patch ${path} ${why}`, { where: path });
}
