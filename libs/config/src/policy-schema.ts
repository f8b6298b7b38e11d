import { Action, RoleName } from '@fatbuildr/domain';
import { z } from 'zod';

/** `policy.yml` as written, checked against the instances that there are. */
export function policyFile(instances: readonly string[]) {
  return z
    .strictObject({
      roles: z.record(RoleName, grants(instances)).default({}),
      groups: z.record(z.string(), z.array(TokenName, 'a list of token names')).default({}),
      members: z.record(z.string(), z.array(z.string(), 'a list of token names and @groups')).default({}),
      anonymous: grants(instances, 'admin').default([]),
      repositories: z.enum(['public', 'view']).default('public'),
    })
    .superRefine(refuseUnknownNames, { when: ({ value }) => isMapping(value) });
}
export type PolicyFile = z.output<ReturnType<typeof policyFile>>;

const TokenName = z.string().min(1, 'a token name').regex(/^[^@]/, 'a token name, not a group');

/** A list of actions, for every instance, or a mapping of such lists from instances, or `*`, which is every instance. */
function grants(instances: readonly string[], refused?: Action) {
  const known = Action.options.filter((action) => action !== refused);
  return z.unknown().transform((written, context) => {
    const refuse = (message: string, path: PropertyKey[]) => context.addIssue({ code: 'custom', message, path });
    if (!Array.isArray(written) && !isMapping(written)) {
      refuse('a list of actions, or a mapping of such lists from instances', []);
      return z.NEVER;
    }
    const lists = Array.isArray(written)
      ? [{ instance: '*', list: written as unknown, path: [] }]
      : Object.entries(written).map(([instance, list]) => ({ instance, list, path: [instance] }));
    return lists.map(({ instance, list, path }) => {
      if (instance !== '*' && !instances.includes(instance)) {
        refuse(`one of the instances *, ${instances.join(', ')} as key`, path);
      }
      if (!Array.isArray(list)) refuse('a list of actions', path);
      const actions = (Array.isArray(list) ? (list as unknown[]) : []).flatMap((name, index) => {
        const action = known.find((one) => one === name);
        if (action === undefined) refuse(`one of ${known.join(', ')}`, [...path, index]);
        return action ?? [];
      });
      return { instance, actions };
    });
  });
}

/** Members name roles and groups that are defined. */
function refuseUnknownNames(
  written: { roles?: unknown; groups?: unknown; members?: unknown },
  context: z.RefinementCtx,
): void {
  const roles = namesIn(written.roles);
  const groups = namesIn(written.groups);
  for (const [role, names] of isMapping(written.members) ? Object.entries(written.members) : []) {
    const refuse = (message: string, path: PropertyKey[]) =>
      context.addIssue({ code: 'custom', message, path: ['members', role, ...path] });
    if (!roles.includes(role)) refuse(`one of the roles ${roles.join(', ') || '(none is defined)'} as key`, []);
    for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
      if (typeof name !== 'string' || !name.startsWith('@') || groups.includes(name.slice(1))) continue;
      refuse(`one of the groups ${groups.map((group) => `@${group}`).join(', ') || '(none is defined)'}`, [index]);
    }
  }
}

function namesIn(value: unknown): string[] {
  return isMapping(value) ? Object.keys(value) : [];
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
