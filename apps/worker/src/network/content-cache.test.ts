import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type CachedFile, type ContentCache, createContentCache } from './content-cache.ts';
import { temporaryDirectory } from './loopback.ts';

async function put(cache: ContentCache, text: string, names: string[] = []): Promise<CachedFile> {
  const writer = await cache.writer();
  await writer.write(Buffer.from(text));
  await writer.finish();
  return writer.keep(names);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('content cache', () => {
  it('keeps a file under its digest and its names, across processes', async () => {
    await using directory = await temporaryDirectory();
    const kept = await put(createContentCache({ directory: directory.path }), 'hello', ['http://m/hello.deb']);
    expect(kept).toMatchObject({ sha256: sha256('hello'), size: 5 });

    const next = createContentCache({ directory: directory.path });
    expect(await next.get(sha256('hello'))).toEqual(kept);
    expect(await next.find('http://m/hello.deb')).toEqual(kept);
    expect(await next.find('http://m/other.deb')).toBeUndefined();
    expect(await readFile(kept.path, 'utf8')).toBe('hello');
  });

  it('shows nothing of a file that was not finished and kept', async () => {
    await using directory = await temporaryDirectory();
    const cache = createContentCache({ directory: directory.path });
    const writer = await cache.writer();
    await writer.write(Buffer.from('half'));
    await expect(writer.keep()).rejects.toThrow('unfinished');
    await writer.discard();
    await writer.discard();
    expect(await cache.get(sha256('half'))).toBeUndefined();
    expect(await readdir(join(directory.path, 'partial'))).toEqual([]);
  });

  it('drops a file that was damaged since, with a warning', async () => {
    await using directory = await temporaryDirectory();
    const kept = await put(createContentCache({ directory: directory.path }), 'hello', ['name']);
    await writeFile(kept.path, 'jello');

    const warn = vi.fn();
    const next = createContentCache({ directory: directory.path, log: { warn } });
    expect(await Promise.all([next.find('name'), next.get(kept.sha256)])).toEqual([undefined, undefined]);
    expect(warn).toHaveBeenCalledOnce();
    expect(await readdir(join(directory.path, 'sha256'))).toEqual([]);
  });

  it('notices within one process that a file was cut off', async () => {
    await using directory = await temporaryDirectory();
    const cache = createContentCache({ directory: directory.path });
    const kept = await put(cache, 'hello');
    await truncate(kept.path, 3);
    expect(await cache.get(kept.sha256)).toBeUndefined();
  });

  it('finds a file that was put there by hand', async () => {
    await using directory = await temporaryDirectory();
    const cache = createContentCache({ directory: directory.path });
    expect(await cache.get(sha256('by hand'))).toBeUndefined();
    await mkdir(join(directory.path, 'sha256'), { recursive: true });
    await writeFile(cache.pathOf(sha256('by hand')), 'by hand');
    expect(await cache.get(sha256('by hand'))).toMatchObject({ size: 7 });
  });

  it('evicts the least recently used files beyond its size, in the order that survives a restart', async () => {
    await using directory = await temporaryDirectory();
    let now = 1_000_000;
    const options = { directory: directory.path, maxBytes: 12, keepMs: 0, clock: () => (now += 1_000) };
    const first = createContentCache(options);
    const [a, b] = [await put(first, 'aaaa'), await put(first, 'bbbb')];
    await first.get(a.sha256);

    const second = createContentCache(options);
    const c = await put(second, 'cccccc');
    expect(await second.get(b.sha256)).toBeUndefined();
    expect(await second.get(a.sha256)).toEqual(a);
    expect(await second.get(c.sha256)).toEqual(c);
  });

  it('leaves alone what was used a moment ago, and the file just kept', async () => {
    await using directory = await temporaryDirectory();
    const cache = createContentCache({ directory: directory.path, maxBytes: 1, keepMs: 1_000, clock: () => 5_000 });
    const [a, b] = [await put(cache, 'aaaa'), await put(cache, 'bbbb')];
    expect(await cache.get(a.sha256)).toEqual(a);
    expect(await cache.get(b.sha256)).toEqual(b);
  });

  it('takes the same file from several writers at once', async () => {
    await using directory = await temporaryDirectory();
    const caches = [1, 2].map(() => createContentCache({ directory: directory.path }));
    const kept = await Promise.all([...caches, ...caches].map((cache) => put(cache, 'same', ['name'])));
    expect(new Set(kept.map((file) => file.path)).size).toBe(1);
    expect(await caches[0]?.find('name')).toEqual(kept[0]);
  });

  it('clears names that lead nowhere and old leftovers at start', async () => {
    await using directory = await temporaryDirectory();
    const first = createContentCache({ directory: directory.path });
    await put(first, 'kept', ['kept']);
    await first.link('gone', sha256('gone'));
    const leftover = join(directory.path, 'partial', 'leftover');
    await writeFile(leftover, '');
    await utimes(leftover, 1, 1);

    const next = createContentCache({ directory: directory.path });
    await next.get(sha256('kept'));
    expect(await readdir(join(directory.path, 'names'))).toHaveLength(1);
    expect(await readdir(join(directory.path, 'partial'))).toEqual([]);
  });
});
