/**
 * Waits until all that was written before the call is on disk. `sync` brings it there; who asks while one runs shares
 * the next. After a sync that failed nobody knows what is on disk: from then on every one fails.
 */
export function sharedSync(sync: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= last.then(() => {
      next = undefined;
      last = sync();
      return last;
    });
    return next;
  };
}
