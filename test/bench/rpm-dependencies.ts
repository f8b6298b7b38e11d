import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTar } from '@fatbuildr/testing/deb';
import { type SyntheticPackage, syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import { execa } from 'execa';
import { rpmFiles, upstreamFiles } from '../e2e/rpm/cases.ts';

const PACKAGES = 40;
/** Of the one large file of each, beside a hundred small ones. */
const LARGE = 1_400_000;
const C_FILES = 6;

/** Makes a repository of packages each of which requires the one before; returns the name of the last. */
export async function dependencyRepository(directory: string): Promise<string> {
  const packages = chained([...syntheticPackages(PACKAGES, { prefix: 'bench-' })], await readFile(process.execPath));
  await writeRpms(join(directory, 'packages'), packages);
  await execa('createrepo_c', ['--quiet', directory]);
  return (packages.at(-1) as SyntheticPackage).name;
}

/** @param program is what large files are cut out of: it compresses as programs do */
function chained(packages: readonly SyntheticPackage[], program: Uint8Array): SyntheticPackage[] {
  return packages.map((each, index) => {
    const before = packages[index - 1];
    const large = program.subarray(index * LARGE, (index + 1) * LARGE);
    return {
      ...each,
      independent: true,
      depends: before ? [{ name: before.name, atLeast: '0' }] : [],
      recommends: [],
      files: [...each.files, { path: `usr/lib/${each.name}/program`, content: large }],
    };
  });
}

/** Writes the definition of a small C program that requires a package, its upstream tarball in the farm's source cache. */
export async function smallProgram(farm: string, directory: string, required: string): Promise<string> {
  const tiny = {
    name: 'small-program',
    preamble: `BuildRequires: ${required}`,
    build: 'gcc -O2 -Wall -o payload/small-program *.c',
  };
  const upstream = gzipSync(await makeTar({ ...upstreamFiles(tiny), ...cFiles(`${tiny.name}-1.0`) }));
  const sha256 = createHash('sha256').update(upstream).digest('hex');
  const cached = join(farm, 'cache/sources/sha256', sha256);
  const definition = join(directory, tiny.name);
  const files = { [cached]: upstream };
  for (const [path, content] of Object.entries({ ...files, ...prefixed(definition, rpmFiles(tiny, sha256)) })) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return definition;
}

function prefixed(directory: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [join(directory, path), text]));
}

function cFiles(directory: string): Record<string, string> {
  const parts = Array.from({ length: C_FILES }, (_, index) => [
    `${directory}/part${index}.c`,
    `#include <stdio.h>\nint part${index}(int n) { return printf("%d\\n", n + ${index}); }\n`,
  ]);
  const calls = parts.map((_, index) => `part${index}(argc);`).join(' ');
  const declared = parts.map((_, index) => `int part${index}(int);\n`).join('');
  const main = `${declared}int main(int argc, char **argv) { (void)argv; ${calls} return 0; }\n`;
  return { ...Object.fromEntries(parts), [`${directory}/main.c`]: main };
}
