import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { WriteStep } from '@fatbuildr/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptClient, aptClient } from './apt-client.ts';
import { type ServedRegistry, servedRegistry } from './farm.ts';

const PROGRAM = join(import.meta.dirname, 'dying-writer.ts');

let farm: ServedRegistry;
let client: AptClient;

beforeAll(async () => {
  farm = await servedRegistry();
  client = await aptClient(await farm.sources());
});
afterAll(async () => {
  await client.remove();
  await farm.close();
});

const BEFORE: WriteStep[] = ['start', 'pool', 'indexes', 'manifest', 'signatures', 'verified', 'committed'];
const AFTER: WriteStep[] = [
  'head',
  'rename-indexes',
  'rename-Release',
  'rename-Release.gpg',
  'rename-InRelease',
  'done',
];

test.each([...BEFORE, ...AFTER].map((step, index) => [step, index + 1] as const))(
  'killed at "%s", the repository is the old one or the new one, and the next process settles it',
  async (step, version) => {
    const packages = await farm.ingest({ name: 'hello', version: String(version) });
    const blobs = dirname(packages[0]?.files[0]?.from as string);
    const { tree, database, keys } = farm.paths;
    const writer = spawn(process.execPath, [PROGRAM, tree, database, keys, blobs, step], { stdio: 'inherit' });
    expect(await once(writer, 'exit')).toEqual([null, 'SIGKILL']);

    const all = Array.from({ length: version }, (_, index) => String(version - index));
    const old = all.slice(1);
    await client.update();
    const seen = await client.versions('hello');
    expect([old, all]).toContainEqual(seen);

    const moved = AFTER.includes(step);
    const registry = farm.reopen();
    await registry.recover();
    await client.update();
    expect(await client.versions('hello')).toEqual(moved ? all : old);
    expect(await registry.recover()).toEqual({ finished: 0, forgotten: 0 });

    const again = await farm.publish(packages);
    expect(again.changed).toBe(!moved);
    await client.update();
    expect(await client.versions('hello')).toEqual(all);
  },
);
