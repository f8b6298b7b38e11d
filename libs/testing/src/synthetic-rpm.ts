import type { HeaderEntry } from '@fatbuildr/domain/rpm';
import { type BuiltFile, putFiles } from './deb.ts';
import { BUILD_TIME, fileTags, int32, rpmBytes, text, texts, translated } from './rpm-bytes.ts';
import type { SyntheticPackage } from './synthetic.ts';

const AT_LEAST = 12;
const EQUAL = 8;

/** Writes binary packages into `dir`, with the tags that rpmbuild gives them. */
export async function writeRpms(dir: string, packages: Iterable<SyntheticPackage>): Promise<BuiltFile[]> {
  const files: BuiltFile[] = [];
  for (const each of packages) {
    const [version, release] = each.version.split('-') as [string, string];
    const name = `${each.name}-${version}-${release}.${architectureOf(each)}.rpm`;
    const tags = [...identityTags(each, version, release), ...relationTags(each), ...fileTags(each.files)];
    const content = rpmBytes(`${each.name}-${version}-${release}`, tags, each.files);
    files.push(...(await putFiles(dir, [{ name, content }])));
  }
  return files;
}

function architectureOf({ independent }: SyntheticPackage): string {
  return independent ? 'noarch' : 'x86_64';
}

function identityTags(each: SyntheticPackage, version: string, release: string): HeaderEntry[] {
  const size = each.files.reduce((sum, { content }) => sum + content.length, 0);
  return [
    texts(100, ['C']),
    text(1000, each.name),
    text(1001, version),
    text(1002, release),
    translated(1004, each.summary),
    translated(1005, each.description.join('\n\n')),
    int32(1006, [BUILD_TIME]),
    text(1007, 'builder.example.org'),
    int32(1009, [size]),
    text(1011, 'Synthetic'),
    text(1014, 'MIT'),
    text(1015, 'Synthetic Maintainers <synthetic@example.org>'),
    translated(1016, 'Unspecified'),
    text(1020, each.homepage),
    text(1021, 'linux'),
    text(1022, architectureOf(each)),
    text(1044, `${each.name}-src-${version}-${release}.src.rpm`),
    text(1064, '4.18.0'),
    int32(1080, [BUILD_TIME - 43_200]),
    texts(1081, [`Synthetic Maintainers <synthetic@example.org> - ${version}-${release}`]),
    texts(1082, ['- a change of no consequence']),
  ];
}

type Relation = { name: string; flags: number; version: string };

function relationTags({ name, version, independent, ...each }: SyntheticPackage): HeaderEntry[] {
  const provides = [
    { name, flags: EQUAL, version },
    ...(independent ? [] : [{ name: `${name}(x86-64)`, flags: EQUAL, version }]),
    ...each.provides.map(anyVersion),
  ];
  const requires = [
    ...each.depends.map((one) => ({ name: one.name, flags: AT_LEAST, version: one.atLeast })),
    { name: 'libc.so.6(GLIBC_2.34)(64bit)', flags: 0, version: '' },
    { name: 'rpmlib(PayloadIsZstd)', flags: AT_LEAST | (1 << 24), version: '5.4.18-1' },
  ];
  return [
    ...relation([1047, 1112, 1113], provides),
    ...relation([1049, 1048, 1050], requires),
    ...relation([5046, 5048, 5047], each.recommends.map(anyVersion)),
  ];
}

function anyVersion(name: string): Relation {
  return { name, flags: 0, version: '' };
}

function relation([names, flags, versions]: readonly [number, number, number], all: Relation[]): HeaderEntry[] {
  if (all.length === 0) return [];
  return [
    texts(
      names,
      all.map((each) => each.name),
    ),
    int32(
      flags,
      all.map((each) => each.flags),
    ),
    texts(
      versions,
      all.map((each) => each.version),
    ),
  ];
}
