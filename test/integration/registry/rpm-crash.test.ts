import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openRpmRegistry } from '@fatbuildr/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedRpmRegistry, servedRpmRegistry } from './rpm-farm.ts';

const run = promisify(execFile);
const STEPS = [
  'start',
  'pool',
  'indexes',
  'signatures',
  'verified',
  'committed',
  'head',
  'rename-lists',
  'rename-repomd.xml.asc',
  'rename-repomd.xml',
  'rename-mirrorlist',
  'done',
];

let farm: ServedRpmRegistry;
beforeAll(async () => {
  farm = await servedRpmRegistry();
});
afterAll(() => farm.close());

/** The packages that a client with the mirror list sees, after all the checks that it makes. */
async function seen(): Promise<string[]> {
  const { tree } = farm.paths;
  const [mirror = ''] = (await readFile(join(tree, 'default/rpm/el9/main/x86_64/mirrorlist'), 'utf8')).split('\n');
  const get = async (path: string) => Buffer.from(await (await fetch(new URL(path, mirror))).arrayBuffer());
  const head = await get('repodata/repomd.xml');
  await farm.keyring.verifyDetached(head, (await get('repodata/repomd.xml.asc')).toString());
  const list = /href="(repodata\/[0-9a-f]+-primary\.xml\.gz)"/.exec(head.toString())?.[1] as string;
  const primary = gunzipSync(await get(list)).toString();
  const hrefs = [...primary.matchAll(/<location href="([^"]+)"/g)].map((match) => match[1] as string);
  for (const href of hrefs) expect((await get(href)).subarray(0, 4).toString('hex')).toBe('edabeedb');
  return [...primary.matchAll(/<name>([^<]+)/g)].map((match) => match[1] as string).sort();
}

test('a writer that dies at any step leaves the old repository or the new one, and the next one goes on', async () => {
  for (const [index, step] of STEPS.entries()) {
    const before = await seen();
    const name = `p${String(index).padStart(2, '0')}`;
    const packages = (await farm.ingest({ name, version: '1' })).filter(({ kind }) => kind === 'binary');
    const request = join(farm.dir, 'request.json');
    const { paths, repository } = farm;
    await writeFile(request, JSON.stringify({ paths, repository, packages, step }));
    const writer = join(import.meta.dirname, 'dying-rpm-writer.ts');
    await expect(run(process.execPath, [writer, request])).rejects.toMatchObject({ signal: 'SIGKILL' });
    const after = [...before, name];
    expect([before, after], `after ${step}`).toContainEqual(await seen());

    const next = openRpmRegistry(farm.paths);
    const { finished, forgotten } = await next.recover();
    const moved = STEPS.indexOf(step) >= STEPS.indexOf('head');
    expect(await seen(), `recovered from ${step}`).toEqual(moved ? after : before);
    if (!moved && STEPS.indexOf(step) >= STEPS.indexOf('indexes')) expect(forgotten).toBe(1);
    if (step === 'head') expect(finished).toBe(1);
    expect(await next.recover()).toEqual({ finished: 0, forgotten: 0 });
    next.close();
    await farm.publish(packages);
    expect(await seen()).toEqual(after);
    expect(farm.registry.list({ instance: 'default', distribution: 'el9', name })).toHaveLength(1);
  }
}, 120_000);
