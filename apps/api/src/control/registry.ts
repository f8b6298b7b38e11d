import { findDistribution, RegistryPackage } from '@fatbuildr/domain';
import { type Context, change } from './context.ts';
import { badCursor } from './cursors.ts';
import { applySync } from './publications.ts';
import { lookUp } from './refusal.ts';
import { requireInstance } from './requirements.ts';
import type { Registry } from './services.ts';
import { storedKeyring } from './stored.ts';

/** The api's view of what is published, kept by what the publisher reports. */
export function createRegistry(context: Context): Registry {
  const { database, config } = context;
  return {
    async packages(instance, format, distribution, { limit, cursor, derivative, artifact }) {
      lookUp(() => findDistribution(requireInstance(config, instance), format, distribution));
      const suite = { instance, format, distribution };
      const after = cursor === undefined ? undefined : positionOf(cursor);
      const rows = await database.stores.registry.page(suite, { derivative, artifact }, { limit: limit + 1, after });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        packages: shown.map((row) => RegistryPackage.parse(JSON.parse(row.packageJson))),
        next: rows.length > limit && last ? cursorOf(last) : null,
      };
    },
    async keyring(instance) {
      const info = await database.stores.registry.keyring(instance);
      return info === undefined ? undefined : storedKeyring(info);
    },
    sync: (request) => change(context, (tx) => applySync(tx, request)),
  };
}

interface Position {
  name: string;
  derivative: string;
  version: string;
  architecture: string;
}

/** Package names, versions and architectures hold no blank. */
function cursorOf({ name, derivative, version, architecture }: Position): string {
  return Buffer.from([name, derivative, version, architecture].join(' ')).toString('base64url');
}

function positionOf(cursor: string): Position {
  const [name, derivative, version, architecture] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!name || !derivative || !version || !architecture) throw badCursor();
  return { name, derivative, version, architecture };
}
