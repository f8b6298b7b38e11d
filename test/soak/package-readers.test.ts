import { isUtf8 } from 'node:buffer';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, parseDeb822 } from '@fatbuildr/domain';
import { openReaders, type Readers, type ReadingSession } from '@fatbuildr/registry';
import { createKeyring, type Keyring, signRpm } from '@fatbuildr/signing';
import { makeAr } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servedRegistry } from '../integration/registry/farm.ts';

const run = promisify(execFile);
const MUTATIONS = 4000;
/** Of the mirror that this machine uses: small, large, for all, with many files. */
const REAL =
  'hello dash bash debconf tzdata zlib1g-dev gcc-12-base linux-libc-dev python3-minimal perl-base fonts-dejavu-core libc-bin'.split(
    ' ',
  );

let dir: string;
let readers: Readers;
let real: { name: string; content: Buffer }[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-readers-'));
  readers = openReaders();
  const downloads = join(dir, 'downloads');
  await mkdir(downloads);
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...REAL], { cwd: downloads });
  // apt writes the colon of an epoch as %3a; in a repository a file's name has no epoch.
  real = await Promise.all(
    (await readdir(downloads)).map(async (name) => ({
      name: name.replace(/_\d+%3a/, '_'),
      content: await readFile(join(downloads, name)),
    })),
  );
});
afterAll(async () => {
  await readers.close();
  await rm(dir, { recursive: true, force: true });
});

test('packages of the mirror are published as apt-ftparchive knows them', async () => {
  const farm = await servedRegistry();
  try {
    await farm.publish(await farm.ingestFiles(real));
    expect((await farm.judge()).get('main/binary-amd64/Packages')).toHaveLength(REAL.length);
  } finally {
    await farm.close();
  }
});

/** Bytes changed, cut off, left out or said twice. */
const mutation = fc.record({
  kind: fc.constantFrom('change', 'cut', 'leave out', 'repeat'),
  // Millionths of the whole.
  at: fc.nat(999_999),
  // The begin has the headers: most of what is read is there.
  near: fc.boolean(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

function mutate(content: Buffer, { kind, at, near, bytes }: typeof mutation extends fc.Arbitrary<infer M> ? M : never) {
  const offset = Math.floor((at / 1e6) * (near ? Math.min(8192, content.length) : content.length));
  const [before, after] = [content.subarray(0, offset), content.subarray(offset)];
  if (kind === 'cut') return before;
  if (kind === 'leave out') return Buffer.concat([before, after.subarray(bytes.length)]);
  if (kind === 'repeat') return Buffer.concat([before, after.subarray(0, bytes.length), after]);
  return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
}

/** What was read, or undefined where it was refused for a reason that is the packager's. */
async function refused<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof Failure && error.outcome === 'rejected') return undefined;
    throw error;
  });
}

/** Has each of many mutants looked at, which says whether it was taken. */
async function mutants(contents: readonly Buffer[], look: (path: string, session: ReadingSession) => Promise<boolean>) {
  await using session = readers.session();
  let count = 0;
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(mutation, fc.nat(contents.length - 1), async (change, index) => {
      count += 1;
      const path = join(dir, `mutant-${count}`);
      await writeFile(path, mutate(contents[index] as Buffer, change));
      try {
        if (await look(path, session)) accepted += 1;
      } finally {
        await rm(path);
      }
    }),
    { numRuns: MUTATIONS },
  );
  // Else nothing was compared.
  expect(accepted).toBeGreaterThan(MUTATIONS / 100);
}

/** dpkg-deb passes on what is no UTF-8 as it is. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : new TextDecoder('latin1').decode(bytes);
}

/** The same package with members that nothing packs or guards: what is changed in them is seen. */
async function unpacked(content: Buffer): Promise<Buffer> {
  const path = join(dir, `${content.length}.deb`);
  await writeFile(path, content);
  const plain = (option: string) =>
    run('dpkg-deb', [option, path], { encoding: 'buffer', maxBuffer: 1 << 28 }).then(({ stdout }) => stdout);
  return makeAr([
    { name: 'debian-binary', content: Buffer.from('2.0\n') },
    { name: 'control.tar', content: await plain('--ctrl-tarfile') },
    { name: 'data.tar', content: await plain('--fsys-tarfile') },
  ]);
}

test('a mutated .deb is refused, or read as dpkg-deb reads it', async () => {
  const packed = real.filter(({ content }) => content.length < 400_000).map(({ content }) => content);
  const plain = await Promise.all(packed.filter(({ length }) => length < 100_000).map(unpacked));
  await mutants([...packed, ...plain], async (path, session) => {
    const began = performance.now();
    const deb = await refused(session.readPackage({ path, name: 'mutant.deb' }));
    expect(performance.now() - began).toBeLessThan(10_000);
    if (deb === undefined) return false;
    const { stdout } = await run('dpkg-deb', ['--field', path], { encoding: 'buffer' });
    const [theirs] = parseDeb822(textOf(stdout));
    expect(deb.fields).toEqual(theirs?.fields);
    return true;
  });
});

test('a mutated .rpm is refused, or signed and read as rpm reads it', async () => {
  const userId = { name: 'Farm', email: 'farm@example.org' };
  const keyring: Keyring = await createKeyring({
    dir: join(dir, 'keys'),
    userId,
    now: Date.now() - 60_000,
    validityDays: 9,
  });
  const database = join(dir, 'rpmdb');
  await writeFile(join(dir, 'key.asc'), keyring.armoredPublicKey());
  const rpmkeys = (...args: string[]) => run('rpmkeys', ['--define', `_dbpath ${database}`, ...args]);
  await rpmkeys('--import', join(dir, 'key.asc'));
  const made = await writeRpms(join(dir, 'rpms'), syntheticPackages(4));
  const built = await makeRpm({ name: 'hello', version: '1', files: { '/usr/bin/hello': 'x' } });
  const contents = [
    ...built.map(({ content }) => content),
    ...(await Promise.all(made.map(({ path }) => readFile(path)))),
  ];
  await mutants(contents, async (path, session) => {
    await refused(session.readRpm({ path, name: 'mutant.rpm' }));
    const signed = `${path}-signed`;
    try {
      await refused(signRpm(path, signed, keyring));
      const file = await open(signed).catch(() => undefined);
      if (!file) return false;
      await file.close();
      const rpm = await session.readRpm({ path: signed, name: 'mutant.rpm' });
      const format = '%{name} %{epochnum} %{version} %{release} %{sourcerpm}';
      const { stdout } = await run('rpm', ['--define', `_dbpath ${database}`, '-qp', '--qf', format, signed]);
      const source = rpm.sourceRpm === '' ? '(none)' : rpm.sourceRpm;
      expect(stdout).toBe(`${rpm.name} ${rpm.epoch} ${rpm.version} ${rpm.release} ${source}`);
      await rpmkeys('-K', signed);
      return true;
    } finally {
      await rm(signed, { force: true });
    }
  });
});
