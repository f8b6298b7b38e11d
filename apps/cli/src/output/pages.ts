/** The largest page that a server gives. */
const PAGE = 200;

/** Reads page after page, until there is none or `limit` entries are in. */
export async function everyPage<P extends { next: string | null }, E>(
  read: (page: { limit: number; cursor?: string | undefined }) => Promise<P>,
  entriesOf: (page: P) => readonly E[],
  limit = Number.POSITIVE_INFINITY,
): Promise<E[]> {
  const entries: E[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: Math.min(PAGE, limit - entries.length), cursor });
    entries.push(...entriesOf(page));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && entries.length < limit);
  return entries;
}
