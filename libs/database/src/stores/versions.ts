import type { Kysely } from 'kysely';
import type { ChangelogRow, ReservationRow, Tables } from '../tables.ts';
import type { Suite } from './registry.ts';

export type VersionStore = ReturnType<typeof versionStore>;

/** Versions given to tasks that have not ended, and the changelogs of published builds. */
export function versionStore(db: Kysely<Tables>) {
  return {
    reservation(task: string): Promise<ReservationRow | undefined> {
      return db.selectFrom('versionReservations').selectAll().where('task', '=', task).executeTakeFirst();
    },
    async reserve(row: ReservationRow): Promise<void> {
      await db.insertInto('versionReservations').values(row).execute();
    },
    async release(task: string): Promise<void> {
      await db.deleteFrom('versionReservations').where('task', '=', task).execute();
    },
    async reserved(suite: Suite, name: string): Promise<string[]> {
      const rows = await db
        .selectFrom('versionReservations')
        .select('version')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('name', '=', name)
        .execute();
      return rows.map((row) => row.version);
    },
    async addChangelog(row: ChangelogRow): Promise<void> {
      await db
        .insertInto('changelog')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** Newest first; JSON of ChangelogEntry. */
    async changelog(suite: Suite, derivative: string, artifact: string): Promise<string[]> {
      const rows = await db
        .selectFrom('changelog')
        .select('entryJson')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('derivative', '=', derivative)
        .where('artifact', '=', artifact)
        .orderBy('published', 'desc')
        .orderBy('task', 'desc')
        .execute();
      return rows.map((row) => row.entryJson);
    },
  };
}
