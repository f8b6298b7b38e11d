import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** A file by its content, as in the domain's FileRef. */
export interface StoredFile {
  name: string;
  sha256: string;
  size: number;
}

export type ResultStore = ReturnType<typeof resultStore>;

/** Files that attempts handed in, and those that became the results of a task. */
export function resultStore(db: Kysely<Tables>) {
  return {
    /** The same name again replaces the file. */
    async putAttemptFile(attempt: string, file: StoredFile): Promise<void> {
      const { name, sha256, size } = file;
      await db
        .insertInto('attemptFiles')
        .values({ attempt, name, sha256, size })
        .onConflict((conflict) => conflict.columns(['attempt', 'name']).doUpdateSet({ sha256, size }))
        .execute();
    },
    attemptFiles(attempt: string): Promise<StoredFile[]> {
      return db
        .selectFrom('attemptFiles')
        .select(['name', 'sha256', 'size'])
        .where('attempt', '=', attempt)
        .orderBy('name')
        .execute();
    },
    async addArtifacts(task: string, files: readonly StoredFile[]): Promise<void> {
      if (files.length === 0) return;
      const rows = files.map(({ name, sha256, size }) => ({ task, name, sha256, size }));
      await db
        .insertInto('artifacts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    artifacts(task: string): Promise<StoredFile[]> {
      return db
        .selectFrom('artifacts')
        .select(['name', 'sha256', 'size'])
        .where('task', '=', task)
        .orderBy('name')
        .execute();
    },
    artifact(task: string, name: string): Promise<StoredFile | undefined> {
      return db
        .selectFrom('artifacts')
        .select(['name', 'sha256', 'size'])
        .where('task', '=', task)
        .where('name', '=', name)
        .executeTakeFirst();
    },
  };
}
