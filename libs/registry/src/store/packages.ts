import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { RepositoryRef } from '../model/repository.ts';
import type { Database } from './database.ts';
import { type PackageFacts, type Parts, toPackageRow } from './rows.ts';

/** Below that, what compression saves is not worth its time. */
const WORTH_COMPRESSING = 2048;

/** Packages and what they put into indexes. */
export function packageQueries(db: Database) {
  function write(content: string | Uint8Array, add: (compressed: number, bytes: Uint8Array) => void): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (bytes.length < WORTH_COMPRESSING) add(0, bytes);
    else add(1, zstdCompressSync(bytes));
  }

  return {
    /** The rows of packages, made where there is none; to be called within a transaction when they are many. */
    addPackage({ instance, format }: Omit<RepositoryRef, 'distribution'>, facts: PackageFacts, parts: Parts): number {
      const { kind, digest, name, architecture } = facts;
      const key = { kind, digest, name, architecture, instance, format };
      const [present] = db.all<{ id: number }>(
        `SELECT id FROM packages WHERE digest = :digest AND kind = :kind AND name = :name
           AND architecture = :architecture AND instance = :instance AND format = :format`,
        key,
      );
      if (present) return present.id;
      const id = db.insert(
        `INSERT INTO packages (instance, format, kind, digest, content, name, version, architecture, source_name,
           source_version, section, summary, relations, files)
         VALUES (:instance, :format, :kind, :digest, :content, :name, :version, :architecture, :source_name,
           :source_version, :section, :summary, :relations, :files)`,
        { ...toPackageRow(facts), instance, format },
      );
      for (const [part, content] of Object.entries(parts)) {
        write(content, (compressed, bytes) =>
          db.run('INSERT INTO parts VALUES (:id, :part, :compressed, :bytes)', { id, part, compressed, bytes }),
        );
      }
      return id;
    },

    /** What a package puts into an index; empty when it has nothing to say there. */
    part(id: number, part: string): Uint8Array {
      const [row] = db.all<{ compressed: number; content: Uint8Array }>(
        'SELECT compressed, content FROM parts WHERE package = :id AND part = :part',
        { id, part },
      );
      if (!row) return Buffer.alloc(0);
      return row.compressed ? zstdDecompressSync(row.content) : row.content;
    },
  };
}
