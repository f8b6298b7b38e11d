import type { Kysely } from 'kysely';
import type { Tables, UploadRow } from '../tables.ts';

export type BlobRecordStore = ReturnType<typeof blobRecordStore>;

/** What is in the blob store, who names it, and uploads on their way into it. */
export function blobRecordStore(db: Kysely<Tables>) {
  return {
    async add({ sha256, size, created }: { sha256: string; size: number; created: number }): Promise<void> {
      await db
        .insertInto('blobs')
        .values({ sha256, size, created })
        .onConflict((conflict) => conflict.column('sha256').doUpdateSet({ created }))
        .execute();
    },
    async size(sha256: string): Promise<number | undefined> {
      const row = await db.selectFrom('blobs').select('size').where('sha256', '=', sha256).executeTakeFirst();
      return row?.size;
    },
    /** `owner` (a task or an attempt) needs these blobs. */
    async refer(owner: string, digests: readonly string[]): Promise<void> {
      if (digests.length === 0) return;
      const rows = [...new Set(digests)].map((sha256) => ({ sha256, owner }));
      await db
        .insertInto('blobRefs')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** Blobs that nobody names and that came before `time`. */
    async unnamed(time: number): Promise<string[]> {
      const rows = await db
        .selectFrom('blobs')
        .select('sha256')
        .where('created', '<', time)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('blobRefs').select('owner').whereRef('blobRefs.sha256', '=', 'blobs.sha256'))),
        )
        .execute();
      return rows.map((row) => row.sha256);
    },
    async forget(sha256: string): Promise<void> {
      await db.deleteFrom('blobs').where('sha256', '=', sha256).execute();
    },
    async insertUpload(upload: UploadRow): Promise<void> {
      await db.insertInto('uploads').values(upload).execute();
    },
    upload(id: string): Promise<UploadRow | undefined> {
      return db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
    },
    async completeUpload(id: string, sha256: string): Promise<void> {
      await db.updateTable('uploads').set({ sha256 }).where('id', '=', id).execute();
    },
    async removeUpload(id: string): Promise<void> {
      await db.deleteFrom('uploads').where('id', '=', id).execute();
    },
    async uploadsBefore(time: number): Promise<UploadRow[]> {
      return db.selectFrom('uploads').selectAll().where('created', '<', time).execute();
    },
  };
}
