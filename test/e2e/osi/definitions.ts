import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Built, Ran } from '../farm.ts';
import { scratch } from '../packages.ts';
import { farm } from '../this-farm.ts';

/** Settings of mkosi by section and name; a list is written over several lines. */
export type Settings = Record<string, Record<string, string | string[]>>;

/** The smallest Debian that can be called one. */
const SMALLEST: Settings = {
  Distribution: { Distribution: 'debian', Release: 'bookworm' },
  Output: { Format: 'tar', CompressOutput: 'none' },
  Content: { Bootable: 'no', WithDocs: 'no', Packages: ['base-files'] },
};

interface Definition {
  name: string;
  /** Added to the smallest image, section by section. */
  settings?: Settings;
  /** The configuration as it is, instead. */
  text?: string;
}

/** Writes a definition; returns the directory that holds it. */
async function imageDefinition({ name, settings = {}, text }: Definition): Promise<string> {
  const base = await scratch();
  await mkdir(join(base, name, 'osi'), { recursive: true });
  await writeFile(join(base, name, 'artifact.yml'), 'version: "1.0"\nosi: {}\n');
  await writeFile(join(base, name, `osi/${name}.mkosi`), text ?? configuration(settings));
  return base;
}

function configuration(changes: Settings): string {
  const sections = Object.keys({ ...SMALLEST, ...changes });
  return sections
    .map((section) => {
      const settings = Object.entries({ ...SMALLEST[section], ...changes[section] });
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

/** The one attempt to build an image. */
export function buildAttempt({ task }: Pick<Built, 'task'>) {
  const attempts = task?.jobs.find(({ name }) => name.startsWith('build'))?.attempts ?? [];
  if (attempts.length !== 1) throw new Error(`${attempts.length} attempts instead of one: ${JSON.stringify(attempts)}`);
  return attempts[0];
}

/** The tool image for OS images that the farm holds now. */
export async function osiImage(): Promise<string | undefined> {
  const { stdout }: Ran = await farm.ctl(['images', 'list', '-f', 'osi', '--json']);
  return (JSON.parse(stdout) as { kind: string; generation: string }[]).find(({ kind }) => kind === 'image')
    ?.generation;
}
