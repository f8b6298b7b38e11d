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

/** The bytes of a file from an offset on. */
async function bytesAt(path: string, offset: number, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString();
  } finally {
    await file.close();
  }
}

describe('an OS image', () => {
  let tar: Built;
  let disk: Built;

  // Half a minute each: what is judged of them is judged of these two.
  beforeAll(async () => {
    const greeting = await sourcePackage({ name: 'osi-greeting', build: 'echo hello > payload/word' });
    expect(await farm.build([greeting, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    const content = { Packages: ['base-files', 'osi-greeting'] };
    [tar, disk] = await Promise.all([
      buildImage({
        name: 'greeter',
        of: 'debian',
        settings: { Output: { ManifestFormat: 'json' }, Content: content },
      }),
      buildImage({ name: 'greeter', settings: { Output: { Format: 'disk' } } }),
    ]);
    expect([tar.status, disk.status]).toEqual([0, 0]);
  });

  test('is a tar of a root, with packages of Debian and of this farm', async () => {
    expect(buildAttempt(tar)).toMatchObject({ outcome: 'success', image: await osiImage(), environment: null });
    expect(buildAttempt(tar)?.phases.map(({ name }) => name)).toEqual(['sources', 'environment', 'build', 'collect']);
    const { directory, names } = await downloaded(tar);
    const stem = `greeter_${tar.task?.version}`;
    expect(names.toSorted()).toEqual([`${stem}.SHA256SUMS`, `${stem}.manifest`, `${stem}.tar`]);
    const files = await contents(directory, `${stem}.tar`);
    expect(files).toEqual(expect.arrayContaining(['usr/share/osi-greeting/word', 'usr/lib/os-release']));
    // The farm's repository is mkosi's to use and no part of the image.
    expect(files.filter((name) => /farm/.test(name))).toEqual([]);
  });

  test('is published with a signed checksum file, and beside it the next build', async () => {
    const images = [`greeter_${tar.task?.version}.tar`, `greeter_${disk.task?.version}.raw`];
    const versions = [tar, disk].map(({ task }) => `${task?.version}`);
    expect(versions.toSorted()).toEqual(['1.0', '1.0+build2']);
    const directory = await publishedImages(images);
    expect(await contents(directory, images[0] ?? '')).toContain('usr/lib/os-release');
    // made without loop devices: the header of a GUID partition table is in the second sector
    expect(await bytesAt(join(directory, images[1] ?? ''), 512, 8)).toBe('EFI PART');
  });

  test('is listed, promoted, taken back and deleted as a package is', async () => {
    const inImages = ['-f', 'osi', '-d', 'images'];
    const version = `${tar.task?.version}`;
    const file = `greeter_${version}.tar`;
    const listed = async (derivative: string) => {
      const answer = await farm.ctl(['registry', 'list', ...inImages, '--derivative', derivative, '-a', 'greeter']);
      expect(answer.status).toBe(0);
      return answer.stdout;
    };
    expect(await listed('main')).toMatch(/^greeter +1\.0 +amd64 +main +greeter /m);
    const shown = await farm.ctl(['registry', 'show', ...inImages, 'greeter']);
    expect(shown.stdout).toMatch(/^Task +\w{16}$/m);
    const { stdout } = await farm.ctl(['registry', 'publications', ...inImages, '--json']);
    const [current] = JSON.parse(stdout) as { revision: number }[];
    const promote = ['registry', 'promote', '-f', 'osi', 'images', 'images/backports', 'greeter', '--yes'];
    expect(await farm.ctl(promote)).toMatchObject({ status: 0 });
    const there = `${farm.url}/default/osi/images/backports/${file}`;
    const digests = [`${REPOSITORY}/${file}`, there].map(async (url) => {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      return digest('sha256', await response.bytes());
    });
    expect(new Set(await Promise.all(digests)).size).toBe(1);
    const back = ['registry', 'rollback', ...inImages, String(current?.revision), '--yes'];
    expect(await farm.ctl(back)).toMatchObject({ status: 0 });
    expect((await fetch(there)).status).toBe(404);
    expect(await listed('main')).toContain('greeter');

    const remove = ['registry', 'delete', ...inImages, 'greeter', '--version', version, '--yes'];
    expect(await farm.ctl(remove)).toMatchObject({ status: 0 });
    await publishedImages([`greeter_${disk.task?.version}.raw`]);
    expect((await fetch(`${REPOSITORY}/${file}`)).status).toBe(404);
  });

  test.concurrent('that is a directory is packed', async () => {
    const plain = await buildImage({ name: 'plain', settings: { Output: { Format: 'directory' } } });
    expect(buildAttempt(plain)?.outcome).toBe('success');
    const { directory, names } = await downloaded(plain);
    expect(names).toEqual(['plain_1.0.SHA256SUMS', 'plain_1.0.tar']);
    expect(await contents(directory, 'plain_1.0.tar')).toContain('usr/lib/os-release');
  });

  test.concurrent.each([
    ['cpio', 'none', 'cpio', 0, '070701'],
    // mkosi 25 makes none without compression
    ['oci', 'zstd', 'oci.tar', 257, 'ustar'],
    ['portable', 'none', 'raw', 512, 'EFI PART'],
    ['confext', 'none', 'raw', 512, 'EFI PART'],
  ])('may be of the format %s', async (format, compression, extension, offset, magic) => {
    const extra = { 'extra/etc/farm.conf': 'made=here\n' };
    const settings = {
      Output: { Format: format, CompressOutput: compression },
      Content: { ExtraTrees: 'extra' },
    };
    const built = await buildImage({ name: format, settings, files: extra });
    expect(built.status).toBe(0);
    const { directory, names } = await downloaded(built);
    expect(names).toEqual([`${format}_1.0.SHA256SUMS`, `${format}_1.0.${extension}`]);
    expect(await bytesAt(join(directory, names[1] ?? ''), offset, magic.length)).toBe(magic);
  });

  test.concurrent('that extends another is made of that, which is not handed in', async () => {
    const built = await buildImage({
      name: 'extension',
      settings: {
        Output: { Format: 'sysext' },
        Content: { SkeletonTrees: '', BaseTrees: '%O/base', Overlay: 'yes', ExtraTrees: 'extra' },
      },
      files: {
        'extra/usr/bin/extra': '#!/bin/sh\n',
        'mkosi.images/base/mkosi.conf': '[Output]\nFormat=directory\nOutput=base\n',
        'mkosi.images/base/mkosi.skeleton/usr/lib/os-release': 'ID=bare\nVERSION_ID=1\n',
      },
    });
    expect(built.status).toBe(0);
    const { directory, names } = await downloaded(built);
    expect(names).toEqual(['extension_1.0.SHA256SUMS', 'extension_1.0.raw']);
    expect(await bytesAt(join(directory, 'extension_1.0.raw'), 512, 8)).toBe('EFI PART');
  });

  test('whose build host is killed while packages are installed, or that is cancelled then, leaves nothing there', async () => {
    const task = await farm.submit(await argumentsFor({ name: 'unwanted', of: 'debian' }));
    const watched = farm.watch(task);
    const first = await installing(task, 1);
    const { worker = 0 } = await farm.processes();
    process.kill(worker, 'SIGKILL');
    const second = await installing(task, 2);
    expect(await leftBehind(farm.directory, [first])).toEqual([]);
    expect(await farm.ctl(['cancel', task])).toMatchObject({ status: 0 });
    expect(await watched).toMatchObject({ status: 5, task: { outcome: 'cancelled' } });
    await until(async () => (await leftBehind(farm.directory, [first, second])).length === 0, 30_000);
  });
});

/** The attempt of that number, once mkosi is at work. */
async function installing(task: string, number: number): Promise<string> {
  const find = async () => (await farm.task(task)).jobs[0]?.attempts.find((one) => one.number === number);
  await until(async () => (await find())?.phases.some(({ name }) => name === 'build') ?? false, 60_000);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const id = (await find())?.id ?? '';
  expect(await leftBehind(farm.directory, [id])).not.toEqual([]);
  return id;
}
