import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeaderEntry } from '@fatbuildr/domain/rpm';
import type { IngestedPackage } from '@fatbuildr/registry';
import { createKeyring, signRpm } from '@fatbuildr/signing';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { fileTags, int32, rpmBytes, text, texts, translated } from '@fatbuildr/testing/rpm-bytes';
import { type SyntheticFile, syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedRpmRegistry, servedRpmRegistry } from './rpm-farm.ts';

let farm: ServedRpmRegistry;
beforeAll(async () => {
  farm = await servedRpmRegistry({ judged: false });
});
afterAll(() => farm.close());

/** The names of all that is there, once files are published and judged. */
async function judged(files: { name: string; content: Buffer }[]): Promise<string[]> {
  await farm.publish(await farm.ingestFiles(files));
  return [...(await farm.judge()).values()].flat();
}

const namesOf = (files: { name: string }[]) => expect.arrayContaining(files.map(({ name }) => name));

/** A package of a few tags; what `more` has takes the place of what is there. */
function rpmOf(
  name: string,
  more: HeaderEntry[] = [],
  files: SyntheticFile[] = [],
  options: { payloadDigest?: boolean } = {},
) {
  const entries = [
    texts(100, ['C']),
    text(1000, name),
    text(1001, '1'),
    text(1002, '1'),
    translated(1004, 'summary'),
    translated(1005, 'description'),
    int32(1006, [1_767_225_600]),
    text(1007, 'builder.example.org'),
    int32(1009, [1]),
    text(1014, 'MIT'),
    translated(1016, 'Unspecified'),
    text(1021, 'linux'),
    text(1022, 'noarch'),
    text(1044, `${name}-1-1.src.rpm`),
    texts(1047, [name]),
    int32(1112, [8]),
    texts(1113, ['1-1']),
    ...(files.length > 0 ? fileTags(files) : []),
  ].filter(({ tag }) => !more.some((entry) => entry.tag === tag));
  return { name: `${name}-1-1.noarch.rpm`, content: rpmBytes(`${name}-1-1`, [...entries, ...more], files, options) };
}

const file = (path: string): SyntheticFile => ({ path, content: Buffer.from(path) });
const latin1 = (entry: HeaderEntry, value: string): HeaderEntry => ({
  ...entry,
  data: Buffer.from(`${value}\0`, 'latin1'),
});

describe('dnf, rpmkeys and createrepo_c agree on', () => {
  test('made-up packages of many files', async () => {
    const dir = await mkdtemp(join(farm.dir, 'synthetic-'));
    const built = await writeRpms(dir, syntheticPackages(30));
    const files = await Promise.all(built.map(async ({ name, path }) => ({ name, content: await readFile(path) })));
    expect(await judged(files)).toEqual(namesOf(built));
  });

  test('odd headers', async () => {
    const files = [
      rpmOf('bare'),
      rpmOf('no-payload-digest', [], [file('usr/bin/old')], { payloadDigest: false }),
      rpmOf('latin1', [
        latin1(translated(1004, ''), 'Gr\u00fc\u00dfe'),
        latin1(text(1015, ''), 'Zo\u00eb <z@example.org>'),
      ]),
      rpmOf('several-languages', [
        { ...texts(100, ['C', 'de']) },
        { ...translated(1004, ''), count: 2, data: Buffer.from('one\0eins\0') },
      ]),
      rpmOf('markup', [translated(1004, '<b>&amp; "x" \'y\' ]]>'), translated(1005, 'line\n\n  two\t& three\n')]),
      rpmOf(
        'many-files',
        [],
        Array.from({ length: 5000 }, (_, index) => file(`usr/share/many/${index % 70}/f${index}`)),
      ),
      rpmOf(
        'paths',
        [],
        [file('usr/share/a b'), file('usr/share/ünï'), file('usr/share/<&>"'), file('etc/odd'), file('usr/sbin/odd')],
      ),
      rpmOf('old-file-names', [
        texts(1027, ['/usr/bin/ancient', '/usr/share/ancient']),
        { ...int32(1037, [0, 0]) },
        { tag: 1030, type: 3, count: 2, data: Buffer.from([0x81, 0xa4, 0x81, 0xa4]) },
      ]),
      rpmOf('no-group-no-license', [{ ...translated(1016, '') }, { ...text(1014, '') }]),
      rpmOf('large', [{ tag: 5009, type: 5, count: 1, data: Buffer.from('0000000200000000', 'hex') }]),
      rpmOf('epoch', [int32(1003, [7]), texts(1113, ['7:1-1'])]),
    ];
    expect(await judged(files)).toEqual(namesOf(files));
  });

  test('relations: weak, rich, twice, of its own, of libc', async () => {
    const preamble = [
      'Requires: (a if b else (c and d))',
      'Requires(pre): e >= 1:2-3',
      'Requires(post): e >= 1:2-3',
      'Requires: e >= 1:2-3',
      'Requires: /bin/sh',
      'Requires: relations = 1-1',
      'Requires: libc.so.6(GLIBC_2.2.5)(64bit)',
      'Requires: libc.so.6(GLIBC_2.38)(64bit)',
      'Recommends: (f or g)',
      'Recommends: h < 2~rc1',
      'Suggests: i = 1^git-2',
      'Supplements: (j and k)',
      'Enhances: l',
      'Conflicts: m <= 3',
      'Obsoletes: n < 4',
      'Provides: o(p) = 5',
      'Provides: q',
    ];
    const files = await makeRpm({ name: 'relations', version: '1', preamble });
    expect(await judged(files)).toEqual(namesOf(files));
  });

  test('payloads of each compression', async () => {
    const payloads = ['w9.gzdio', 'w9.bzdio', 'w6.xzdio', 'w19.zstdio', 'w.ufdio'];
    const built = await Promise.all(
      payloads.map((payload, index) =>
        makeRpm({
          name: `payload${index}`,
          version: '1',
          files: { '/usr/bin/x': 'x' },
          defines: [`_binary_payload ${payload}`],
        }),
      ),
    );
    expect(await judged(built.flat())).toEqual(namesOf(built.flat()));
  });

  test('packages that others signed', async () => {
    const dir = await mkdtemp(join(farm.dir, 'foreign-'));
    const userId = { name: 'Other', email: 'other@example.org' };
    const other = await createKeyring({ dir: join(dir, 'keys'), userId, now: Date.now() - 60_000, validityDays: 9 });
    const files = [
      rpmOf('signed-header', [], [file('usr/bin/a')]),
      rpmOf('signed-all', [], [], { payloadDigest: false }),
    ];
    const signed = await Promise.all(
      files.map(async ({ name, content }) => {
        await writeFile(join(dir, name), content);
        await signRpm(join(dir, name), join(dir, `${name}.signed`), other);
        return { name, content: await readFile(join(dir, `${name}.signed`)) };
      }),
    );
    expect(await judged(signed)).toEqual(namesOf(signed));
  });
});

test('they object to another field, and to a package without its signature', async () => {
  const other = await servedRpmRegistry({ judged: false });
  try {
    const unsigned = rpmOf('plain');
    const [plain] = (await other.ingestFiles([unsigned])) as [IngestedPackage];
    const primary = plain.parts['primary'] as string;
    await other.publish([{ ...plain, parts: { ...plain.parts, primary: primary.replace('MIT', 'BSD') } }]);
    await expect(other.judge()).rejects.toThrow('differences');
    await other.publish([], { changes: { remove: [{ name: 'plain' }] } });
    await other.publish(await other.ingestFiles([rpmOf('other')]));
    await other.judge();
    const [file] = other.registry.list({ ...other.repository, name: 'other' })[0]?.files ?? [];
    await writeFile(join(other.paths.tree, 'default/rpm', file?.path as string), unsigned.content);
    await expect(other.judge()).rejects.toThrow('Signature');
  } finally {
    await other.close();
  }
});
