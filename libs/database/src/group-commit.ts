import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` in a transaction, see {@link groupCommits}. */
export type Transact<S> = <T>(work: (stores: S) => Promise<T>) => Promise<T>;

interface Waiting<S> {
  /** Does the work; returns what tells its caller, once it is known whether the commit held. */
  run(stores: S): Promise<() => void>;
  fail(error: unknown): void;
}

/**
 * Transactions that are asked for in the same turn of the event loop share one commit: a commit waits for the disk, and
 * everybody else waits for it. Each is atomic all the same, a savepoint within the common one; who asked learns the
 * outcome when it is on disk.
 *
 * @param begin runs its argument between a begin and a commit, or a rollback when it throws.
 */
export function groupCommits<S>(
  sqlite: DatabaseSync,
  begin: (all: (stores: S) => Promise<void>) => Promise<void>,
): Transact<S> {
  const savepoint = sqlite.prepare('SAVEPOINT one');
  const undo = sqlite.prepare('ROLLBACK TO one');
  const release = sqlite.prepare('RELEASE one');
  let waiting: Waiting<S>[] = [];
  let running = false;

  async function next(): Promise<void> {
    const group = waiting;
    waiting = [];
    const tell: (() => void)[] = [];
    try {
      await begin(async (stores) => {
        for (const one of group) tell.push(await one.run(stores));
      });
      for (const one of tell) one();
    } catch (error) {
      for (const one of group) one.fail(error);
    }
    running = false;
    if (waiting.length > 0) start();
  }

  function start(): void {
    if (running) return;
    running = true;
    // After the requests that arrived together have all been read.
    setImmediate(() => void next());
  }

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({
        fail: reject,
        async run(stores) {
          savepoint.run();
          try {
            const result = await work(stores);
            release.run();
            return () => resolve(result);
          } catch (error) {
            // A full disk ends the whole transaction: then nobody's work was done.
            if (!sqlite.isTransaction) throw error;
            undo.run();
            release.run();
            return () => reject(error);
          }
        },
      });
      start();
    });
}
