import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { UploadRow } from '../tables.ts';

export type BlobRecordStore = ReturnType<typeof blobRecordStore>;

/** What is in the blob store, who names it, and uploads on their way into it. */
export function blobRecordStore(sql: Statements) {
  const refer = sql.run((refs: readonly { sha256: string; owner: string }[]) =>
    kysely
      .insertInto('blobRefs')
      .values(refs)
      .onConflict((conflict) => conflict.doNothing()),
  );
  return {
    add: sql.run(({ sha256, size, created }: { sha256: string; size: number; created: number }) =>
      kysely
        .insertInto('blobs')
        .values({ sha256, size, created })
        .onConflict((conflict) => conflict.column('sha256').doUpdateSet({ created })),
    ),
    size: sql.value((sha256: string) => kysely.selectFrom('blobs').select('size').where('sha256', '=', sha256)),
    /** `owner` (a task or an attempt) needs these blobs. */
    async refer(owner: string, digests: readonly string[]): Promise<void> {
      if (digests.length === 0) return;
      await refer([...new Set(digests)].map((sha256) => ({ sha256, owner })));
    },
    /** Blobs that nobody names and that came before `time`. */
    unnamed: sql.column((time: number) =>
      kysely
        .selectFrom('blobs')
        .select('sha256')
        .where('created', '<', time)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('blobRefs').select('owner').whereRef('blobRefs.sha256', '=', 'blobs.sha256'))),
        ),
    ),
    forget: sql.run((sha256: string) => kysely.deleteFrom('blobs').where('sha256', '=', sha256)),
    insertUpload: sql.run((upload: UploadRow) => kysely.insertInto('uploads').values(upload)),
    upload: sql.first((id: string) => kysely.selectFrom('uploads').selectAll().where('id', '=', id)),
    completeUpload: sql.run((id: string, sha256: string) =>
      kysely.updateTable('uploads').set({ sha256 }).where('id', '=', id),
    ),
    removeUpload: sql.run((id: string) => kysely.deleteFrom('uploads').where('id', '=', id)),
    uploadsBefore: sql.all((time: number) => kysely.selectFrom('uploads').selectAll().where('created', '<', time)),
  };
}
