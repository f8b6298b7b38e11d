import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';

/** A file by its content, as in the domain's FileRef. */
export interface StoredFile {
  name: string;
  sha256: string;
  size: number;
}

export type ResultStore = ReturnType<typeof resultStore>;

/** Files that attempts handed in, and those that became the results of a task. */
export function resultStore(sql: Statements) {
  const insertArtifacts = sql.run((rows: readonly (StoredFile & { task: string })[]) =>
    kysely
      .insertInto('artifacts')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
  );
  return {
    /** The same name again replaces the file. */
    putAttemptFile: sql.run((attempt: string, { name, sha256, size }: StoredFile) =>
      kysely
        .insertInto('attemptFiles')
        .values({ attempt, name, sha256, size })
        .onConflict((conflict) => conflict.columns(['attempt', 'name']).doUpdateSet({ sha256, size })),
    ),
    attemptFiles: sql.all((attempt: string) =>
      kysely
        .selectFrom('attemptFiles')
        .select(['name', 'sha256', 'size'])
        .where('attempt', '=', attempt)
        .orderBy('name'),
    ),
    async addArtifacts(task: string, files: readonly StoredFile[]): Promise<void> {
      if (files.length === 0) return;
      await insertArtifacts(files.map(({ name, sha256, size }) => ({ task, name, sha256, size })));
    },
    artifacts: sql.all((task: string) =>
      kysely.selectFrom('artifacts').select(['name', 'sha256', 'size']).where('task', '=', task).orderBy('name'),
    ),
    artifact: sql.first((task: string, name: string) =>
      kysely
        .selectFrom('artifacts')
        .select(['name', 'sha256', 'size'])
        .where('task', '=', task)
        .where('name', '=', name),
    ),
  };
}
