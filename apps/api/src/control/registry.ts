import type { PublicationRow, RepositoryRow, Suite } from '@fatbuildr/database';
import { findDistribution, IndexFile, type PublicationView, RegistryPackage } from '@fatbuildr/domain';
import { type Context, change } from './context.ts';
import { badCursor } from './cursors.ts';
import { applyPart, applySync } from './publications.ts';
import { lookUp } from './refusal.ts';
import { differences } from './registry-difference.ts';
import { requireInstance, requireRevision } from './requirements.ts';
import type { Registry } from './services.ts';
import { storedKeyring } from './stored.ts';
import { taskView } from './views.ts';

/** The api's view of what is published, and was: kept by what the publisher tells. */
export function createRegistry(context: Context): Registry {
  const { database, config } = context;
  const { stores } = database;

  function suiteOf(instance: string, format: RegistryPackage['format'], distribution: string): Suite {
    lookUp(() => findDistribution(requireInstance(config, instance), format, distribution));
    return { instance, format, distribution };
  }

  return {
    async packages(instance, format, distribution, { limit, cursor, derivative, artifact, revision }) {
      const suite = suiteOf(instance, format, distribution);
      if (revision !== undefined) await requireRevision(stores, suite, revision);
      const after = cursor === undefined ? undefined : positionOf(cursor);
      const rows = await stores.published.page(suite, { derivative, artifact, revision }, { limit: limit + 1, after });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        packages: shown.map((row) => RegistryPackage.parse(JSON.parse(row.packageJson))),
        next: rows.length > limit && last ? cursorOf(last) : null,
      };
    },

    async publications(instance, format, distribution, { limit, cursor }) {
      const suite = suiteOf(instance, format, distribution);
      if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) throw badCursor();
      const repository = await stores.registry.repository(suite);
      const before = cursor === undefined ? undefined : Number(cursor);
      const rows = await stores.registry.publications(suite, limit + 1, before);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        publications: shown.map((row) => publicationView(row, repository)),
        next: rows.length > limit && last ? String(last.revision) : null,
      };
    },

    async publication(instance, format, distribution, revision) {
      const suite = suiteOf(instance, format, distribution);
      const row = await requireRevision(stores, suite, revision);
      const view = publicationView(row, await stores.registry.repository(suite));
      const tasks = await Promise.all(view.tasks.map((task) => stores.tasks.get(task)));
      return {
        ...view,
        requests: tasks.flatMap((task) => (task?.instance === instance ? [taskView(task)] : [])),
        files: IndexFile.array().parse(JSON.parse(row.filesJson)),
      };
    },

    async difference(instance, query) {
      const { format, distribution, toDistribution = distribution } = query;
      const from = suiteOf(instance, format, distribution);
      const to = suiteOf(instance, format, toDistribution);
      return differences(stores, from, to, query);
    },

    async keyring(instance) {
      const info = await stores.registry.keyring(instance);
      return info === undefined ? undefined : storedKeyring(info);
    },
    sync: (request) => change(context, (tx) => applySync(tx, request)),
    takePart: (part) => change(context, async (tx) => ({ known: await applyPart(tx, part) })),
  };
}

function publicationView(row: PublicationRow, repository: RepositoryRow | undefined): PublicationView {
  const { revision, previous, created, added, removed } = row;
  return {
    ...{ revision, previous, created, added, removed },
    current: repository?.revision === revision,
    tasks: JSON.parse(row.tasksJson) as string[],
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
