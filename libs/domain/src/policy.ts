import type { Action } from './api.ts';

/** Actions in one instance, or in all: `*`. */
export interface Grant {
  instance: string;
  actions: readonly Action[];
}

/** Who may do what, beside what tokens say themselves. */
export interface Policy {
  /** What each role may do. */
  roles: Readonly<Record<string, readonly Grant[]>>;
  /** By the name of a token, the roles it has without saying so. */
  members: Readonly<Record<string, readonly string[]>>;
  /** What anybody may do without a token. */
  anonymous: readonly Grant[];
  /** Who may read the published repositories: everybody, or who may `view` the instance. */
  repositories: 'public' | 'view';
}

/** Nobody but tokens, by what they say themselves; repositories are open. */
export const OPEN_POLICY: Policy = { roles: {}, members: {}, anonymous: [], repositories: 'public' };

/** Whether `grants` allow `action` in `instance`; without one, whether they do so anywhere. */
export function allows(grants: readonly Grant[], action: Action, instance?: string): boolean {
  return grants.some(
    (grant) =>
      grant.actions.includes(action) &&
      (instance === undefined || grant.instance === '*' || grant.instance === instance),
  );
}

/** What of `grants` is left for one that is bound to `instance` (`*`: all of it). */
export function within(instance: string, grants: readonly Grant[]): Grant[] {
  if (instance === '*') return [...grants];
  return grants
    .filter((grant) => grant.instance === '*' || grant.instance === instance)
    .map(({ actions }) => ({ instance, actions }));
}

/** What a token called `name` may do: what it says itself or what its role may, and what its name is a member of. */
export function grantsOf(
  policy: Policy,
  token: { name: string; instance: string; actions: readonly Action[]; role: string | null },
): Grant[] {
  const own = token.role === null ? [{ instance: '*', actions: token.actions }] : (policy.roles[token.role] ?? []);
  const asMember = (policy.members[token.name] ?? []).flatMap((role) => policy.roles[role] ?? []);
  return within(token.instance, [...own, ...asMember]);
}
