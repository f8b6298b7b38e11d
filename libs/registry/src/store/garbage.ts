import type { RepositoryRef } from '../model/repository.ts';
import type { Database } from './database.ts';
import type { PackageFacts, StoredRepository } from './rows.ts';

/** A row of a package that no repository holds. */
export interface Unheld {
  id: number;
  files: PackageFacts['files'];
}

/** A package that a publication holds. */
export interface HeldPackage extends Unheld, Pick<PackageFacts, 'name' | 'version' | 'architecture' | 'source'> {}

/** Up to which revision the past of each repository is to be forgotten, by its row. */
export type Bounds = ReadonlyMap<number, number>;

/** What is found and forgotten when old publications go. */
export function garbageQueries(db: Database) {
  return {
    /** When each publication was replaced, oldest first; the present one is left out. */
    replaced({ id }: StoredRepository): { revision: number; at: number }[] {
      return db.all(
        `SELECT u.revision, n.created AS at FROM publications u
           JOIN publications n ON n.repository = u.repository AND n.previous = u.revision
         WHERE u.repository = :id ORDER BY u.revision`,
        { id },
      );
    },

    /**
     * Forgets the publications before `oldest`, and the memberships that ended by `until`. What tasks came to stays:
     * they may ask again.
     *
     * @param level lists that show what is now: to be brought up to date they need nothing from before `oldest`
     */
    forgetBefore(
      { id }: StoredRepository,
      { oldest, until, level }: { oldest: number; until: number; level: readonly string[] },
    ): void {
      const [row] = db.all(
        `SELECT EXISTS (SELECT 1 FROM publications WHERE repository = :id AND revision < :oldest)
           OR EXISTS (SELECT 1 FROM members WHERE repository = :id AND until <= :until) AS any`,
        { id, oldest, until },
      );
      if (row?.['any'] === 0) return;
      db.durably(() => {
        db.run('DELETE FROM publications WHERE repository = :id AND revision < :oldest', { id, oldest });
        db.run('DELETE FROM members WHERE repository = :id AND until <= :until', { id, until });
        db.run(
          `UPDATE lists SET revision = :oldest WHERE repository = :id AND revision < :oldest
             AND list IN (SELECT value FROM json_each(:level))`,
          { id, oldest, level: JSON.stringify(level) },
        );
      });
    },

    /** Packages that no repository holds once its past is forgotten; some at a time, after a row. */
    unheld(ref: Omit<RepositoryRef, 'distribution'>, bounds: Bounds, after: number, limit: number): Unheld[] {
      return db
        .all<{ id: number; files: string }>(
          `SELECT p.id, p.files FROM packages p
           WHERE p.instance = :instance AND p.format = :format AND p.id > :after AND NOT EXISTS (
             SELECT 1 FROM members m WHERE m.package = p.id AND (m.until IS NULL OR m.until > coalesce(
               (SELECT value FROM json_each(:bounds) WHERE key = CAST(m.repository AS TEXT)), 0)))
           ORDER BY p.id LIMIT :limit`,
          {
            instance: ref.instance,
            format: ref.format,
            bounds: JSON.stringify(Object.fromEntries(bounds)),
            after,
            limit,
          },
        )
        .map(({ id, files }) => ({ id, files: JSON.parse(files) as PackageFacts['files'] }));
    },

    /** Packages that a publication holds which is kept; some at a time, after a row. */
    held({ instance, format }: Omit<RepositoryRef, 'distribution'>, after: number, limit: number): HeldPackage[] {
      return db
        .all(
          `SELECT id, name, version, architecture, source_name, source_version, files FROM packages p
           WHERE instance = :instance AND format = :format AND id > :after
             AND EXISTS (SELECT 1 FROM members m WHERE m.package = p.id)
           ORDER BY id LIMIT :limit`,
          { instance, format, after, limit },
        )
        .map((row) => ({
          id: row['id'] as number,
          name: row['name'] as string,
          version: row['version'] as string,
          architecture: row['architecture'] as string,
          source: { name: row['source_name'] as string, version: row['source_version'] as string },
          files: JSON.parse(row['files'] as string) as PackageFacts['files'],
        }));
    },

    isHeld(id: number): boolean {
      return db.all('SELECT 1 FROM members WHERE package = :id LIMIT 1', { id }).length > 0;
    },

    forgetPackages(ids: readonly number[]): void {
      db.durably(() => {
        for (const id of ids) db.run('DELETE FROM packages WHERE id = :id', { id });
      });
    },

    /** The rows of packages that have a file in the pool, by its path: it names their digest. */
    namersOf({ instance, format }: Omit<RepositoryRef, 'distribution'>, path: string): number[] {
      const [digest = ''] = path.split('/').slice(-2);
      return db
        .all<{ id: number; files: string }>(
          `SELECT id, files FROM packages
           WHERE digest >= :digest AND digest < :digest || 'g' AND instance = :instance AND format = :format`,
          { digest, instance, format },
        )
        .filter(({ files }) => (JSON.parse(files) as PackageFacts['files']).some((file) => file.path === path))
        .map(({ id }) => id);
    },
  };
}
