import type { TokenRow } from '@fatbuildr/database';
import { type Action, newId, newSecret, ProblemError, TokenView } from '@fatbuildr/domain';
import { type Context, change } from './context.ts';
import { notFound } from './refusal.ts';
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
        await tx.audit.append({ at: tx.now, who: by.name, action: 'token-create', subject: row.id, detail: row.name });
        return { ...tokenView(row), token };
      });
    },
    list: async () => (await database.stores.tokens.list()).map(tokenView),
    revoke: (id, by) =>
      change(context, async (tx) => {
        if (!(await tx.tokens.remove(id))) throw notFound(`There is no token ${id}.`);
        await tx.audit.append({ at: tx.now, who: by.name, action: 'token-revoke', subject: id, detail: null });
      }),
    async authenticate(secret) {
      const row = await database.stores.tokens.withSecret(hashSecret(secret));
      const now = clock();
      if (!row) throw new ProblemError('not-authenticated', 'This token is not known; it may have been revoked.');
      if (row.expires <= now) throw new ProblemError('not-authenticated', `The token ${row.name} has expired.`);
      if (row.lastUsed === null || row.lastUsed < now - USED_EXACTNESS_MS)
        await database.stores.tokens.used(row.id, now);
      const { id, name, instance, actions } = tokenView(row);
      return { id, name, instance, actions };
    },
  };
}

function tokenView(row: TokenRow): TokenView {
  return TokenView.parse({ ...row, actions: JSON.parse(row.actionsJson) });
}
