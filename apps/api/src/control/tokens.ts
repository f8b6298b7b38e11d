import type { TokenRow } from '@fatbuildr/database';
import {
  type Action,
  grantsOf,
  newId,
  newSecret,
  type Policy,
  ProblemError,
  type TokenRequest,
  TokenView,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { audit } from './audit.ts';
import { type Context, change } from './context.ts';
import { notFound, unprocessable } from './refusal.ts';
import { requireInstance } from './requirements.ts';
import { hashSecret } from './secrets.ts';
import type { Tokens } from './services.ts';

const DAY_MS = 24 * 3_600_000;
/** What a token may do when nobody says what. */
const DEFAULT_ACTIONS: readonly Action[] = ['view', 'build', 'cancel'];
/** The time of last use is kept this exactly, so that reading costs no write each time. */
const USED_EXACTNESS_MS = 60_000;

export function createTokens(context: Context): Tokens {
  const { database, config, clock } = context;
  return {
    async create(request, by) {
      if (request.instance !== '*') requireInstance(config, request.instance);
      if (request.role !== undefined) requireRole(config.policy, request);
      const token = newSecret();
      return change(context, async (tx) => {
        const row: TokenRow = {
          id: newId(),
          name: request.name,
          secretHash: hashSecret(token),
          instance: request.instance,
          actionsJson: JSON.stringify(request.role ? [] : [...new Set(request.actions ?? DEFAULT_ACTIONS)]),
          role: request.role ?? null,
          created: tx.now,
          expires: tx.now + request.validityDays * DAY_MS,
          lastUsed: null,
        };
        await tx.tokens.insert(row);
        await audit(tx, by, 'token-create', row.id, row.name);
        return { ...tokenView(row), token };
      });
    },
    list: async () => (await database.stores.tokens.list()).map(tokenView),
    revoke: (id, by) =>
      change(context, async (tx) => {
        if (!(await tx.tokens.remove(id))) throw notFound(`There is no token ${id}.`);
        await audit(tx, by, 'token-revoke', id);
      }),
    async authenticate(secret) {
      const row = await database.stores.tokens.withSecret(hashSecret(secret));
      const now = clock();
      if (!row) throw new ProblemError('not-authenticated', 'This token is not known; it may have been revoked.');
      if (row.expires <= now) throw new ProblemError('not-authenticated', `The token ${row.name} has expired.`);
      if (row.lastUsed === null || row.lastUsed < now - USED_EXACTNESS_MS)
        await database.stores.tokens.used(row.id, now);
      return { id: row.id, name: row.name, grants: grantsOf(config.policy, tokenView(row)) };
    },
  };
}

/** A role is one of the policy, and says alone what the token may do. */
function requireRole({ roles }: Policy, { role = '', actions }: z.output<typeof TokenRequest>): void {
  if (actions) throw new ProblemError('bad-request', 'A token has a role or actions of its own, not both.');
  if (Object.hasOwn(roles, role)) return;
  const known = Object.keys(roles).join(', ');
  throw unprocessable(
    `The policy has no role ${role}.`,
    known ? `Its roles: ${known}.` : 'Roles are defined in policy.yml.',
  );
}

function tokenView(row: TokenRow): TokenView {
  return TokenView.parse({ ...row, actions: JSON.parse(row.actionsJson) });
}
