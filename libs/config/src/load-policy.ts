import { access } from 'node:fs/promises';
import { OPEN_POLICY, type Policy } from '@fatbuildr/domain';
import { check, type Mistake } from './mistakes.ts';
import { type PolicyFile, policyFile } from './policy-schema.ts';
import { placeIn, readYaml } from './yaml-file.ts';

/** The policy in `file`, or without the file: tokens alone decide, repositories are public. */
export async function loadPolicy(
  file: string,
  instances: readonly string[],
): Promise<{ value: Policy | undefined; mistakes: Mistake[] }> {
  const absent = await access(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  if (absent) return { value: OPEN_POLICY, mistakes: [] };
  const yaml = await readYaml(file);
  if (yaml.mistakes.length > 0) return { value: undefined, mistakes: yaml.mistakes };
  const { value, mistakes } = check(policyFile(instances), yaml.data ?? {}, (path) => placeIn(yaml, path));
  return { value: value && resolvePolicy(value), mistakes };
}

/** Groups become their members, and members are listed by name. */
function resolvePolicy({ roles, groups, members, anonymous, repositories }: PolicyFile): Policy {
  const rolesOf: Record<string, string[]> = {};
  for (const [role, names] of Object.entries(members)) {
    const tokens = names.flatMap((name) => (name.startsWith('@') ? (groups[name.slice(1)] ?? []) : [name]));
    for (const token of new Set(tokens)) (rolesOf[token] ??= []).push(role);
  }
  return { roles, members: rolesOf, anonymous, repositories };
}
