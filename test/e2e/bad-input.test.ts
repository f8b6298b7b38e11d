import { randomBytes } from 'node:crypto';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTar } from '@fatbuildr/testing/deb';
import { describe, expect, test } from 'vitest';
import { UPLOAD_LIMIT } from './configuration.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { definition, digest, metadata, packaging, sourcePackage } from './packages.ts';
import { cacheSource } from './sources.ts';
import { farm } from './this-farm.ts';

const sha256 = 'a'.repeat(64);
const tiny = { name: 'sample' };
const good = packaging(tiny);

/** A definition that differs from a good one by these files. */
const changed = (files: Record<string, string | undefined>) => () => definition(tiny, files);

/** A definition whose upstream archive holds this. */
const withUpstream = async (archive: Buffer) =>
  definition(tiny, { 'artifact.yml': metadata('sample', await cacheSource(archive)) });

const patch = '--- a/readme\n+++ b/readme\n@@ -1,3 +1,3 @@\n one\n-deux\n+zwei\n three\n';

interface Mistake {
  what: string;
  /** Makes the definition; a good one by default. */
  make?: () => Promise<string>;
  args?: string[];
  /** What the user is told. */
  told: (string | RegExp)[];
}

/** Found before there is a task. */
const refused: Mistake[] = [
  {
    what: 'an unknown distribution',
    args: ['-d', 'bullseye'],
    told: ['bullseye', 'bookworm, bookworm-next, bookworm-cow'],
  },
  { what: 'an unknown derivative', args: ['--derivative', 'nightly'], told: ['nightly', 'main, backports'] },
  { what: 'an unknown format', args: ['-f', 'exe'], told: ['exe', 'deb', 'rpm', 'osi'] },
  { what: 'a format that the instance does not have', args: ['-f', 'rpm'], told: ['rpm', /none/i] },
  {
    what: 'an unknown instance',
    args: ['--instance', 'nowhere'],
    told: ['nowhere', 'default, emulated, other, pair, rpms, spare'],
  },
  {
    what: 'an upload over the limit',
    make: async () => {
      const directory = await definition(tiny);
      await writeFile(join(directory, 'noise'), randomBytes(UPLOAD_LIMIT + 1));
      return directory;
    },
    told: [`${UPLOAD_LIMIT} bytes, sample.tar.gz has 1`, 'api.uploadLimit'],
  },
];

/** Found by the build host. */
const rejected: Mistake[] = [
  {
    what: 'an artifact.yml that is no YAML',
    make: changed({ 'artifact.yml': 'source: x\nversion: "1.0\n' }),
    told: [/^artifact\.yml:3: .*quote/m],
  },
  {
    what: 'several mistakes, all told at once',
    make: changed({ 'artifact.yml': `source: [x]\nversion: "1.0"\nchecksums: {"1.0": {sha256: ${sha256}}}\ndeb: 1\n` }),
    told: ['artifact.yml:1: source: expected a text', 'artifact.yml:4: deb: expected {release: 1}'],
  },
  {
    what: 'a version that YAML turned into a number',
    make: changed({ 'artifact.yml': metadata('sample', sha256, '2.10').replaceAll('"', '') }),
    told: ['artifact.yml:2: version: 2.10 without quotes reads as the number 2.1; write "2.10"'],
  },
  {
    what: 'a definition that does not declare deb',
    make: changed({ 'artifact.yml': metadata('sample', sha256).replace('deb:', 'rpm:') }),
    told: ['format deb is not declared (declared: rpm)'],
  },
  {
    what: 'a definition without deb/',
    make: changed(Object.fromEntries(Object.keys(good).map((name) => [`deb/${name}`, undefined]))),
    told: ['no directory deb/', 'control, rules'],
  },
  {
    what: 'a derivative without a version',
    make: changed({}),
    args: ['--derivative', 'backports'],
    told: ['artifact.yml', 'backports', 'main'],
  },
  {
    what: 'a template that fails',
    make: changed({ 'deb/control': undefined, 'deb/control.j2': `${good['control']}# {{ verison }}\n` }),
    told: [`deb/control.j2:${good['control']?.split('\n').length}`, "'verison' is undefined"],
  },
  {
    what: 'a template that tries to escape',
    make: changed({ 'deb/notes.j2': "fine\n{{ ''.__class__.__mro__ }}\n" }),
    told: ['deb/notes.j2:2', 'unsafe'],
  },
  {
    what: 'a definition with a link that leads out',
    make: async () => {
      const directory = await definition(tiny);
      await symlink('/etc/passwd', join(directory, 'deb/copyright'));
      return directory;
    },
    told: ['deb/copyright', 'leaves the archive'],
  },
  {
    what: 'an upstream archive that climbs out',
    make: async () => withUpstream(gzipSync(await makeTar({ 'sample-1.0/readme': 'x', '../../escaped': 'x' }))),
    told: ['sample-1.0.tar.gz', '../../escaped'],
  },
  {
    what: 'an upstream archive that is none',
    make: () => withUpstream(Buffer.from('<html>Not found</html>')),
    told: ['sample-1.0.tar.gz', 'cannot be read'],
  },
  {
    what: 'a patch that does not apply',
    make: changed({ 'patches/generic/german.patch': patch }),
    told: ['german.patch', 'Hunk #1', 'readme'],
  },
  {
    what: 'a source on a private address',
    make: changed({ 'artifact.yml': metadata('sample', sha256).replace('upstream.invalid', '127.0.0.1:9') }),
    told: ['127.0.0.1', 'not a public address'],
  },
  {
    what: 'a source whose server does not exist',
    make: changed({ 'artifact.yml': metadata('sample', sha256) }),
    told: ['upstream.invalid', 'host does not exist'],
  },
  {
    what: 'a source where nothing listens',
    make: changed({ 'artifact.yml': metadata('sample', sha256).replace('upstream.invalid', '127.0.0.1:9') }),
    args: ['--instance', 'other'],
    told: ['127.0.0.1:9', 'nothing listens there'],
  },
];

/** The arguments of a build; what the mistake names wins. */
async function command({ make = () => definition(tiny), args = [] }: Mistake): Promise<string[]> {
  return [await make(), ...(args.includes('-d') ? [] : ['-d', 'bookworm']), ...args];
}

function expectTold(text: string, told: Mistake['told']): void {
  for (const one of told) {
    if (one instanceof RegExp) expect(text).toMatch(one);
    else expect(text).toContain(one);
  }
}

describe('refused at once is', () => {
  test.concurrent.each(refused)('$what', async (mistake) => {
    const built = await farm.build(await command(mistake));
    expect(built).toMatchObject({ status: 1, stdout: '', task: undefined });
    expectTold(built.stderr, mistake.told);
  });
});

describe('rejected is', () => {
  test.concurrent.each(rejected)('$what', async (mistake) => {
    const built = await farm.build(await command(mistake));
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    expectTold(built.stderr, mistake.told);
    expect(built.task?.cause?.hint).toMatch(/\w/);
    expect(built.task?.jobs.flatMap(({ attempts }) => attempts)).toHaveLength(1);
  });

  test.concurrent('a source with another checksum, both shown', async () => {
    const found = Buffer.from('something else');
    const server = createServer((_, response) => response.end(found)).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const text = metadata('sample', sha256).replace('upstream.invalid', `127.0.0.1:${port}`);
      const directory = await definition(tiny, { 'artifact.yml': text });
      const built = await farm.build([directory, '-d', 'bookworm', '--instance', 'other']);
      expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
      expectTold(built.stderr, [sha256, digest('sha256', found)]);
    } finally {
      server.close();
    }
  });

  test.concurrent('a source package with another checksum, both shown', async () => {
    const dsc = await sourcePackage({ name: 'tampered' });
    const tarball = dsc.replace('.dsc', '.tar.gz');
    const [listed, other] = [await readFile(tarball), randomBytes((await stat(tarball)).size)];
    await writeFile(tarball, other);
    const built = await farm.build([dsc, '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    expectTold(built.stderr, ['tampered_1.0.tar.gz', digest('sha256', listed), digest('sha256', other)]);
  });
});

describe('after all that', () => {
  test('an upload that was cut off goes on where it broke', async () => {
    const token = (await farm.ctl(['tokens', 'create', 'uploader'])).stdout.trim();
    const directory = await definition({ name: 'uploaded' });
    await writeFile(join(directory, 'noise'), randomBytes(UPLOAD_LIMIT / 2));
    const proxy = await cuttingProxy(Number(new URL(farm.url).port), UPLOAD_LIMIT / 4);
    try {
      const environment = { FATBUILDR_URI: proxy.url, FATBUILDR_TOKEN: token };
      const built = await farm.build([directory, '-d', 'bookworm'], environment);
      expect(built).toMatchObject({ status: 0, task: { outcome: 'success', requestedBy: 'uploader' } });
      expect(proxy.cuts()).toBe(1);
    } finally {
      proxy.close();
    }
  });

  test('a good definition builds', async () => {
    const directory = await definition(tiny, { 'patches/generic/german.patch': patch.replace('-deux', '-two') });
    expect(await farm.build([directory, '-d', 'bookworm'])).toMatchObject({ status: 0, task: { outcome: 'success' } });
  });
});
