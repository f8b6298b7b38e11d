import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { renderTemplates, type TemplateVariables } from '../templates/render.ts';

const rulesFile = 'rename.j2';

/**
 * Applies `rename.j2` to a definition: a template of lines `from to`, paths below the definition.
 *
 * @throws Failure `rejected` that names the rule.
 */
export async function renameFiles(definition: string, variables: TemplateVariables, work: string): Promise<void> {
  const path = join(definition, rulesFile);
  const exists = await readFile(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  const [text = ''] = await renderTemplates([{ name: rulesFile, path }], variables, work);
  for (const rule of text.split('\n').map((line) => line.trim())) {
    if (rule !== '') await applyRule(definition, rule);
  }
}

async function applyRule(definition: string, rule: string): Promise<void> {
  const refuse = (why: string) =>
    new Failure('rejected', `${rulesFile}: the rule "${rule}" ${why}`, { where: rulesFile });
  const [from, to, ...more] = rule.split(/\s+/);
  if (from === undefined || to === undefined || more.length > 0) throw refuse('is not of the form "from to"');
  if (![from, to].every(isBelow)) throw refuse('leaves the definition');
  const source = join(definition, from);
  const found = await stat(source).then(
    () => true,
    () => false,
  );
  if (!found) throw refuse(`names ${from}, which does not exist`);
  const target = join(definition, to);
  await rm(target, { force: true });
  await mkdir(dirname(target), { recursive: true });
  await rename(source, target);
}

function isBelow(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..');
}
