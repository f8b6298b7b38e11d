import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Built, until } from '../farm.ts';
import { leftBehind } from '../left-behind.ts';
import { digest, scratch, sourcePackage } from '../packages.ts';
import { farm } from '../this-farm.ts';
import { argumentsFor, buildAttempt, buildImage, osiImage } from './definitions.ts';

/** The files of a build on disk, checksums checked. */
async function downloaded(built: Built): Promise<{ directory: string; names: string[] }> {
  const directory = await scratch();
  expect(await farm.ctl(['download', built.task?.id ?? '', '-o', directory])).toMatchObject({ status: 0 });
  const names = (await readdir(directory)).toSorted();
  const checksums = names.find((name) => name.endsWith('.SHA256SUMS')) ?? 'none';
  await execa('sha256sum', ['--check', '--strict', checksums], { cwd: directory });
  return { directory, names };
}

const REPOSITORY = `${farm.url}/default/osi/images/main`;

/** Fetches images as a client does: signature and checksums are checked. */
async function publishedImages(images: string[]): Promise<string> {
  const directory = await scratch();
  const fetched = async (url: string) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const path = join(directory, url.slice(url.lastIndexOf('/') + 1));
    await writeFile(path, Buffer.from(await response.arrayBuffer()));
    return path;
  };
  const key = await fetched(`${farm.url}/default/keyring.asc`);
  const sums = await fetched(`${REPOSITORY}/SHA256SUMS`);
  const gpg = ['--homedir', directory, '--batch', '--no-autostart'];
  await execa('gpg', [...gpg, '--yes', '--output', join(directory, 'keyring.gpg'), '--dearmor', key]);
  await execa('gpgv', [
    '--keyring',
    join(directory, 'keyring.gpg'),
    await fetched(`${REPOSITORY}/SHA256SUMS.gpg`),
    sums,
  ]);
  for (const image of images) await fetched(`${REPOSITORY}/${image}`);
  const listed = (await readFile(sums, 'utf8')).split('\n');
  const ours = listed.filter((line) => images.some((image) => line.endsWith(`  ${image}`)));
  expect(ours).toHaveLength(images.length);
  await execa('sha256sum', ['--check', '--strict'], { cwd: directory, input: ours.join('\n') });
  return directory;
}

async function contents(directory: string, tar: string): Promise<string[]> {
  const { stdout } = await execa('tar', ['-tf', tar], { cwd: directory });
  return stdout.split('\n').map((name) => name.replace(/^\.\//, ''));
}

describe('an OS image', () => {
  beforeAll(async () => {
    const greeting = await sourcePackage({ name: 'osi-greeting', build: 'echo hello > payload/word' });
    expect(await farm.build([greeting, '-d', 'bookworm'])).toMatchObject({ status: 0 });
  });

  test('is a tar of a root, with packages of Debian and of this farm', async () => {
    const built = await buildImage({
      name: 'greeter',
      settings: {
        Output: { ManifestFormat: 'json' },
        Content: { Packages: ['base-files', 'osi-greeting'] },
      },
    });
    expect(buildAttempt(built)).toMatchObject({ outcome: 'success', image: await osiImage(), environment: null });
    expect(buildAttempt(built)?.phases.map(({ name }) => name)).toEqual([
      ...['sources', 'environment', 'build', 'collect'],
    ]);
    const { directory, names } = await downloaded(built);
    expect(names).toEqual(['greeter_1.0.SHA256SUMS', 'greeter_1.0.manifest', 'greeter_1.0.tar']);
    const files = await contents(directory, 'greeter_1.0.tar');
    expect(files).toEqual(expect.arrayContaining(['usr/share/osi-greeting/word', 'usr/lib/os-release']));
    // The farm's repository is mkosi's to use and no part of the image.
    expect(files.filter((name) => /farm/.test(name))).toEqual([]);
  });

  test('is published with a signed checksum file, and beside it the next build', async () => {
    const built = await Promise.all([buildImage({ name: 'served' }), buildImage({ name: 'served' })]);
    expect(built.map(({ status }) => status)).toEqual([0, 0]);
    const images = built.map(({ task }) => `served_${task?.version}.tar`).toSorted();
    expect(images).toEqual(['served_1.0+build2.tar', 'served_1.0.tar']);
    const directory = await publishedImages(images);
    for (const image of images) expect(await contents(directory, image)).toContain('usr/lib/os-release');
    const remove = ['registry', 'delete', '-f', 'osi', '-d', 'images', 'served', '--version', '1.0', '--yes'];
    expect(await farm.ctl(remove)).toMatchObject({ status: 0 });
    await publishedImages(['served_1.0+build2.tar']);
    expect((await fetch(`${REPOSITORY}/served_1.0.tar`)).status).toBe(404);
  });

  test('is listed, promoted and taken back as a package is', async () => {
    const built = await buildImage({ name: 'promoted' });
    expect(built).toMatchObject({ status: 0 });
    const inImages = ['-f', 'osi', '-d', 'images'];
    const listed = async (derivative: string) => {
      const answer = await farm.ctl(['registry', 'list', ...inImages, '--derivative', derivative, '-a', 'promoted']);
      expect(answer.status).toBe(0);
      return answer.stdout;
    };
    expect(await listed('main')).toMatch(/^promoted +1\.0 +amd64 +main +promoted /m);
    const shown = await farm.ctl(['registry', 'show', ...inImages, 'promoted']);
    expect(shown.stdout).toMatch(/^Task +\w{16}$/m);
    const { stdout } = await farm.ctl(['registry', 'publications', ...inImages, '--json']);
    const [current] = JSON.parse(stdout) as { revision: number }[];
    const promote = ['registry', 'promote', '-f', 'osi', 'images', 'images/backports', 'promoted', '--yes'];
    expect(await farm.ctl(promote)).toMatchObject({ status: 0 });
    const there = `${farm.url}/default/osi/images/backports/promoted_1.0.tar`;
    const digests = [`${REPOSITORY}/promoted_1.0.tar`, there].map(async (url) => {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      return digest('sha256', await response.bytes());
    });
    expect(new Set(await Promise.all(digests)).size).toBe(1);
    const back = ['registry', 'rollback', ...inImages, String(current?.revision), '--yes'];
    expect(await farm.ctl(back)).toMatchObject({ status: 0 });
    expect((await fetch(there)).status).toBe(404);
    expect(await listed('main')).toContain('promoted');
  });

  test('that is a directory is packed', async () => {
    const first = await buildImage({ name: 'plain', settings: { Output: { Format: 'directory' } } });
    expect(buildAttempt(first)?.outcome).toBe('success');
    const { directory, names } = await downloaded(first);
    expect(names).toEqual(['plain_1.0.SHA256SUMS', 'plain_1.0.tar']);
    expect(await contents(directory, 'plain_1.0.tar')).toContain('usr/lib/os-release');
  });

  test('that is a disk has partitions, made without loop devices', async () => {
    const built = await buildImage({ name: 'disk', settings: { Output: { Format: 'disk' } } });
    expect(buildAttempt(built)?.outcome).toBe('success');
    const { directory, names } = await downloaded(built);
    expect(names).toContain('disk_1.0.raw');
    const disk = await open(join(directory, 'disk_1.0.raw'));
    try {
      // The header of a GUID partition table is in the second sector.
      const { buffer } = await disk.read(Buffer.alloc(8), 0, 8, 512);
      expect(buffer.toString()).toBe('EFI PART');
    } finally {
      await disk.close();
    }
  });

  test('that is cancelled while packages are installed leaves nothing on the host', async () => {
    const task = await farm.submit(await argumentsFor({ name: 'unwanted' }));
    const watched = farm.watch(task);
    const attempt = async () => (await farm.task(task)).jobs[0]?.attempts[0];
    await until(async () => (await attempt())?.phases.some(({ name }) => name === 'build') ?? false, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const id = (await attempt())?.id ?? '';
    expect(await leftBehind(farm.directory, [id])).not.toEqual([]);
    expect(await farm.ctl(['cancel', task])).toMatchObject({ status: 0 });
    expect(await watched).toMatchObject({ status: 5, task: { outcome: 'cancelled' } });
    await until(async () => (await leftBehind(farm.directory, [id])).length === 0, 30_000);
  });
});
