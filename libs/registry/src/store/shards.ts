import type { Database } from './database.ts';
import type { ListKey } from './members.ts';
import type { StoredRepository } from './rows.ts';

/** A piece of a list: the packages from its key up to the next piece's. */
export interface Shard extends ListKey {
  /** How many packages. */
  count: number;
  /** Bytes, not compressed. */
  size: number;
  body: number;
}

/** What stands in a piece as it is: each package's row and how many bytes are its, in order. */
export interface PlainPiece {
  entries: Uint32Array;
  plain: Uint8Array;
}

/** The bytes of a piece. */
interface Body {
  /** Null where that is not kept, or not asked for. */
  plain: Uint8Array | null;
  packed: Uint8Array;
}

/** A list as a publication leaves it. */
export interface ListShards {
  key: string;
  shards: readonly Shard[];
}

/** The pieces of lists, each with its bytes. */
export function shardQueries(db: Database) {
  return {
    /** A list's pieces in the present publication, in order. */
    shards({ id }: StoredRepository, list: string): Shard[] {
      return db.all(
        `SELECT name, package, count, size, body FROM shards
         WHERE repository = :id AND list = :list ORDER BY name, package`,
        { id, list },
      );
    },

    /** Keeps the bytes of a piece that may become one of a list. @returns its body */
    addBody(piece: PlainPiece | null, packed: Uint8Array): number {
      return db.insert('INSERT INTO bodies (entries, plain, packed) VALUES (:entries, :plain, :packed)', {
        entries: piece && new Uint8Array(piece.entries.buffer),
        plain: piece && piece.plain,
        packed,
      });
    },

    /** What stands in a piece, where it is kept as it is. */
    plainPiece(id: number): PlainPiece | undefined {
      const [row] = db.all<{ entries: Uint8Array | null; plain: Uint8Array }>(
        'SELECT entries, plain FROM bodies WHERE id = :id',
        { id },
      );
      return row?.entries ? { entries: new Uint32Array(row.entries.slice().buffer), plain: row.plain } : undefined;
    },

    /** @param withPlain also as it is, where that is kept */
    body(id: number, withPlain: boolean): Body {
      const [body] = db.all<Body>(
        withPlain
          ? 'SELECT plain, packed FROM bodies WHERE id = :id'
          : 'SELECT NULL AS plain, packed FROM bodies WHERE id = :id',
        { id },
      );
      if (!body) throw new Error(`the piece ${id} of a list is not in the database`);
      return body;
    },

    /** The revision that a list shows. */
    listRevision({ id }: StoredRepository, list: string): number | undefined {
      const [row] = db.all<{ revision: number }>('SELECT revision FROM lists WHERE repository = :id AND list = :list', {
        id,
        list,
      });
      return row?.revision;
    },

    /** Bytes that no list took. */
    dropBodies(bodies: Iterable<number>): void {
      for (const id of bodies) {
        db.run('DELETE FROM bodies WHERE id = :id AND id NOT IN (SELECT body FROM shards WHERE body = :id)', { id });
      }
    },

    /** Bytes that no list took because their writer died. */
    dropAbandonedBodies: (): number => db.run('DELETE FROM bodies WHERE id NOT IN (SELECT body FROM shards)'),

    /** Puts other pieces in the place of a list's; within the transaction that moves the head. */
    replaceShards({ id }: StoredRepository, { key, shards }: ListShards, revision: number): void {
      db.run('INSERT OR REPLACE INTO lists VALUES (:id, :key, :revision)', { id, key, revision });
      const kept = new Set(shards.map(({ body }) => body));
      const present = db.all<Shard>('SELECT name, package, body FROM shards WHERE repository = :id AND list = :key', {
        id,
        key,
      });
      const known = new Set(present.map(({ body }) => body));
      for (const { name, package: row, body } of present) {
        if (kept.has(body)) continue;
        db.run('DELETE FROM shards WHERE repository = :id AND list = :key AND name = :name AND package = :row', {
          id,
          key,
          name,
          row,
        });
        db.run('DELETE FROM bodies WHERE id = :body', { body });
      }
      for (const { name, package: row, count, size, body } of shards) {
        if (known.has(body)) continue;
        db.run('INSERT INTO shards VALUES (:id, :key, :name, :row, :count, :size, :body)', {
          id,
          key,
          name,
          row,
          count,
          size,
          body,
        });
      }
    },

    /** Forgets lists that the repository has no more. */
    keepOnlyLists({ id }: StoredRepository, keys: ReadonlySet<string>): void {
      const known = db.all<{ list: string }>('SELECT list FROM lists WHERE repository = :id', { id });
      for (const { list } of known.filter((each) => !keys.has(each.list))) {
        const bodies = db.all<{ body: number }>('SELECT body FROM shards WHERE repository = :id AND list = :list', {
          id,
          list,
        });
        db.run('DELETE FROM shards WHERE repository = :id AND list = :list', { id, list });
        db.run('DELETE FROM lists WHERE repository = :id AND list = :list', { id, list });
        for (const { body } of bodies) db.run('DELETE FROM bodies WHERE id = :body', { body });
      }
    },
  };
}
