import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { RepositoryRef } from '../model/repository.ts';
import type { PackageIdentity } from '../model/staging.ts';
import type { Database } from './database.ts';
import { type PackageFacts, type Parts, toFacts, toPackageRow } from './rows.ts';

/** A row, and what it says. */
export interface StoredPackage {
  id: number;
  facts: PackageFacts;
}

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

    /** The rows of an identity, with any content. */
    packagesOf(
      { instance, format }: Omit<RepositoryRef, 'distribution'>,
      { kind, name, version, architecture }: PackageIdentity,
    ): StoredPackage[] {
      return db
        .all(
          `SELECT * FROM packages WHERE name = :name AND version = :version AND architecture = :architecture
             AND kind = :kind AND instance = :instance AND format = :format`,
          { kind, name, version, architecture, instance, format },
        )
        .map((row) => ({ id: row['id'] as number, facts: toFacts(row) }));
    },

    /** Remembers by which file a package came that is another one now, as an RPM package is that was signed. */
    rememberOrigin(id: number, sha256: string): void {
      db.run("INSERT OR IGNORE INTO parts VALUES (:id, :part, 0, x'')", { id, part: originPart(sha256) });
    },

    cameBy(id: number, sha256: string): boolean {
      const [row] = db.all('SELECT 1 FROM parts WHERE package = :id AND part = :part', {
        id,
        part: originPart(sha256),
      });
      return row !== undefined;
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

function originPart(sha256: string): string {
  return `origin ${sha256}`;
}
