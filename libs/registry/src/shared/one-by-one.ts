/** Work under one key waits for the work before it, however that ended. */
export function perKey() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = result.catch(() => {});
    last.set(key, settled);
    return result.finally(() => {
      if (last.get(key) === settled) last.delete(key);
    });
  };
}
