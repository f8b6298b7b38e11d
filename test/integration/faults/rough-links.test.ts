import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packDefinition } from '@fatbuildr/definition/pack';
import { execa } from 'execa';
import { afterEach, expect, test, vi } from 'vitest';
import { type HostFarm, hostFarm } from '../hosts/host-farm.ts';
import { otherHost, startWorkerProcess } from '../hosts/other-host.ts';
import { roughen } from './rough-link.ts';
import { roughProxy } from './rough-proxy.ts';
import { mulberry32 } from './seeded-random.ts';

const fatbuildrctl = fileURLToPath(new URL('../../../apps/cli/bin/fatbuildrctl', import.meta.url));
const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

/** How the host and the user reach the farm. */
interface Way {
  url: string;
  namespace?: string;
}

/** One host, and a user with a token, both on the same way to the farm. */
async function farAway(farm: HostFarm, { url, namespace }: Way) {
  const { token } = await farm.client.addWorker({ body: { name: 'far' } });
  const args = ['--config', await farm.hostSettings('far'), '--api', url, '--token', token];
  const host = startWorkerProcess(args, namespace);
  undo.push(() => host.stop());
  await vi.waitFor(
    async () => expect(await farm.client.worker({ params: { worker: 'far' } })).toMatchObject({ state: 'online' }),
    { timeout: 60_000, interval: 100 },
  );
  await farm.equip();
  const user = await farm.client.createToken({ body: { name: 'user' } });
  const env = {
    FATBUILDR_URI: url,
    FATBUILDR_TOKEN: user.token,
    FATBUILDR_NODE: process.execPath,
    DEBFULLNAME: 'Ann Packager',
    DEBEMAIL: 'ann@fatbuildr.invalid',
  };
  const there = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
  return async (...words: string[]) => {
    const [program = '', ...rest] = [...there, fatbuildrctl, ...words];
    const { exitCode, stdout, stderr } = await execa(program, rest, { env, reject: false, encoding: 'buffer' });
    expect({ words, exitCode, stderr: Buffer.from(stderr).toString() }).toMatchObject({ exitCode: 0 });
    return Buffer.from(stdout);
  };
}

/** A definition that holds `bytes` of noise: no compression helps it over the link. */
async function heavyDefinition(farm: HostFarm, name: string, bytes: number): Promise<string> {
  const directory = join(farm.directory, name);
  await mkdir(join(directory, 'deb'), { recursive: true });
  await writeFile(join(directory, 'artifact.yml'), 'version: "1.0"\ndeb:\n  release: 1\n');
  await writeFile(join(directory, 'noise'), randomBytes(bytes));
  return directory;
}

/** Builds, follows the log and downloads what came out; every byte has to be the one that was sent. */
async function expectAllArrives(farm: HostFarm, way: Way, bytes: number): Promise<void> {
  const ctl = await farAway(farm, way);
  const directory = await heavyDefinition(farm, 'loud', bytes);
  const log = await ctl('build', directory, '--distribution', 'bookworm');

  const { tasks } = await farm.client.tasks({ query: { artifact: 'loud' } });
  const task = await farm.client.task({ params: { task: `${tasks[0]?.id}` } });
  expect(task.outcome).toBe('success');
  const [attempt] = task.jobs.flatMap(({ attempts }) => attempts);
  expect(task.jobs.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual(['success', 'success']);
  const kept = Buffer.from(await (await farm.client.readLog(`${attempt?.id}`)).arrayBuffer());
  expect(log.indexOf(kept)).toBe(0);

  const archive = join(farm.directory, 'packed.tar.gz');
  await packDefinition(directory, archive);
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  const blobs = execFileSync('find', [join(farm.directory, 'farm/state'), '-name', `*${sha256.slice(2)}`]);
  expect(blobs.toString(), 'the definition as it was packed').not.toBe('');

  const out = join(farm.directory, 'out');
  const saved = (await ctl('download', task.id, '--output', out)).toString().trim().split('\n');
  expect(saved.length).toBe(task.artifacts.length);
  const deb = saved.find((path) => path.endsWith('.deb'));
  const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', `${deb}`], { maxBuffer: 1 << 24 });
  const text = execFileSync('tar', ['-xO', './usr/share/doc/loud/README'], { input: tar, maxBuffer: 1 << 24 });
  const noise = text.subarray(text.indexOf('\n') + 1);
  expect(noise.length).toBeGreaterThan(200_000);
  expect(kept.includes(noise), 'the package holds what the log shows').toBe(true);
}

test('a host and a user on a slow and lossy cable: source, log and packages arrive byte for byte', async () => {
  const cable = otherHost(85);
  undo.push(cable.remove);
  const farm = await hostFarm(cable.ours);
  undo.push(farm.stop);
  console.log(roughen(cable));
  await expectAllArrives(farm, { url: farm.url, namespace: cable.namespace }, 400_000);
}, 300_000);

test(`connections that are slow, late and cut at any byte: all arrives all the same (seed ${seed})`, async () => {
  const farm = await hostFarm();
  undo.push(farm.stop);
  const proxy = await roughProxy(Number(new URL(farm.url).port), {
    random: mulberry32(seed),
    delayMs: 50,
    bytesPerSecond: 2_000_000,
    lifeBytes: 1_500_000,
  });
  undo.push(proxy.close);
  await expectAllArrives(farm, { url: proxy.url }, 3_000_000);
  expect(proxy.cuts()).toBeGreaterThan(3);
}, 300_000);
