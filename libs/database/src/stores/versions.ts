import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { ChangelogRow, ReservationRow } from '../tables.ts';
import type { Suite } from './registry.ts';

export type VersionStore = ReturnType<typeof versionStore>;

/** Versions given to tasks that have not ended, and the changelogs of published builds. */
export function versionStore(sql: Statements) {
  return {
    reservation: sql.first((task: string) =>
      kysely.selectFrom('versionReservations').selectAll().where('task', '=', task),
    ),
    reserve: sql.run((row: ReservationRow) => kysely.insertInto('versionReservations').values(row)),
    release: sql.run((task: string) => kysely.deleteFrom('versionReservations').where('task', '=', task)),
    reserved: sql.column((suite: Suite, name: string) =>
      kysely
        .selectFrom('versionReservations')
        .select('version')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('name', '=', name),
    ),
    addChangelog: sql.run((row: ChangelogRow) =>
      kysely
        .insertInto('changelog')
        .values(row)
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** Of a derivative, or of all; newest first; JSON of ChangelogEntry. */
    changelog: sql.column((suite: Suite, artifact: string, { derivative }: { derivative?: string }) => {
      let query = kysely
        .selectFrom('changelog')
        .select('entryJson')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('artifact', '=', artifact);
      if (derivative !== undefined) query = query.where('derivative', '=', derivative);
      return query.orderBy('published', 'desc').orderBy('task', 'desc');
    }),
  };
}
