import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Built, Ran } from '../farm.ts';
import { type Files, scratch } from '../packages.ts';
import { farm } from '../this-farm.ts';

/** Settings of mkosi by section and name; a list is written over several lines. */
export type Settings = Record<string, Record<string, string | string[]>>;

/** The smallest Debian that can be called one. It takes half a minute to install. */
const DEBIAN: Settings = {
  Distribution: { Distribution: 'debian', Release: 'bookworm' },
  Output: { Format: 'tar', CompressOutput: 'none' },
  Content: { Bootable: 'no', WithDocs: 'no', Packages: ['base-files'] },
};

/** A system of nobody's, without a package: all there is to mkosi but packages, in seconds. */
const BARE: Settings = {
  Distribution: { Distribution: 'custom' },
  Output: { Format: 'tar', CompressOutput: 'none' },
  Content: { Bootable: 'no', SkeletonTrees: 'skeleton' },
};
const BARE_FILES: Files = { 'skeleton/usr/lib/os-release': 'ID=bare\nVERSION_ID=1\n' };

interface Definition {
  name: string;
  /** What it is made of: a system without packages unless told otherwise. */
  of?: 'debian' | 'nothing';
  /** Added to that, section by section. */
  settings?: Settings;
  /** The configuration as it is, instead. */
  text?: string;
  /** Beside it, in `osi/`. */
  files?: Files;
  /** Shell commands that run when the image is there, in `/work/out`. */
  afterwards?: string;
}

/** Writes a definition; returns the directory that holds it. */
async function imageDefinition({ name, of = 'nothing', settings = {}, text, files, afterwards }: Definition) {
  const base = await scratch();
  const changes = { ...settings };
  if (afterwards !== undefined) changes['Content'] = { ...changes['Content'], PostOutputScripts: 'afterwards' };
  const all: Files = {
    'artifact.yml': 'version: "1.0"\nosi: {}\n',
    [`osi/${name}.mkosi`]: text ?? configuration(of === 'debian' ? DEBIAN : BARE, changes),
    ...Object.fromEntries(Object.entries({ ...BARE_FILES, ...files }).map(([path, one]) => [`osi/${path}`, one])),
    ...(afterwards === undefined ? {} : { 'osi/afterwards': `#!/bin/sh\nset -e\ncd "$OUTPUTDIR"\n${afterwards}\n` }),
  };
  for (const [path, one] of Object.entries(all)) {
    const file = join(base, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, one);
    if (one.startsWith('#!')) await chmod(file, 0o755);
  }
  return base;
}

function configuration(plain: Settings, changes: Settings): string {
  const sections = Object.keys({ ...plain, ...changes });
  return sections
    .map((section) => {
      const settings = Object.entries({ ...plain[section], ...changes[section] });
      const lines = settings.map(([name, value]) => `${name}=${[value].flat().join('\n    ')}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

export async function buildImage(definition: Definition): Promise<Built> {
  return farm.build(await argumentsFor(definition));
}

export async function argumentsFor(definition: Definition): Promise<string[]> {
  return ['-b', await imageDefinition(definition), '-a', definition.name, '-d', 'images', '-f', 'osi'];
}

/** The attempts to build an image. */
export function buildAttempts({ task }: Pick<Built, 'task'>) {
  return task?.jobs.find(({ name }) => name.startsWith('build'))?.attempts ?? [];
}

/** The one attempt to build an image. */
export function buildAttempt(built: Pick<Built, 'task'>) {
  const attempts = buildAttempts(built);
  if (attempts.length !== 1) throw new Error(`${attempts.length} attempts instead of one: ${JSON.stringify(attempts)}`);
  return attempts[0];
}

/** The tool image for OS images that the farm holds now. */
export async function osiImage(): Promise<string | undefined> {
  const { stdout }: Ran = await farm.ctl(['images', 'list', '-f', 'osi', '--json']);
  return (JSON.parse(stdout) as { kind: string; generation: string }[]).find(({ kind }) => kind === 'image')
    ?.generation;
}
