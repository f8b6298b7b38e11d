import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseDeb822 } from '@fatbuildr/domain';
import type { IngestedPackage } from '@fatbuildr/registry';
import { randomNumbers, syntheticPaths } from '@fatbuildr/testing/synthetic';

const run = promisify(execFile);

/**
 * What reading the packages of this machine's mirror would yield, from apt's own lists of them: the largest index that
 * apt has. Their paths are made up, since apt has no list of those.
 *
 * @throws when apt has no lists: `apt-get update`
 */
export async function mirrorPackages(most: number): Promise<IngestedPackage[]> {
  const random = randomNumbers(2);
  const packages: IngestedPackage[] = [];
  for (const text of (await largestIndex()).split('\n\n')) {
    if (packages.length === most) break;
    const [stanza] = parseDeb822(text);
    const field = (name: string) => stanza?.get(name) ?? '';
    if (!stanza || !['amd64', 'all'].includes(field('Architecture'))) continue;
    const source = /^(\S+)(?: \((\S+)\))?$/.exec(field('Source'));
    const file = { path: field('Filename'), size: Number(field('Size')), sha256: field('SHA256') };
    packages.push({
      kind: 'binary',
      name: field('Package'),
      version: field('Version'),
      architecture: field('Architecture'),
      source: { name: source?.[1] ?? field('Package'), version: source?.[2] ?? field('Version') },
      section: field('Section'),
      summary: field('Description'),
      relations: field('Depends') === '' ? {} : { Depends: field('Depends') },
      digest: file.sha256,
      content: file.sha256,
      parts: {
        stanza: `${text.trim()}\n\n`,
        contents: contentsOf(`${field('Section')}/${field('Package')}`, syntheticPaths(field('Package'), random)),
      },
      files: [{ ...file, from: '/nonexistent' }],
    });
  }
  return packages;
}

function contentsOf(owner: string, paths: string[]): string {
  return paths
    .sort()
    .map((path) => `${path.padEnd(55)} ${owner}\n`)
    .join('');
}

async function largestIndex(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(FILENAME)', 'Created-By: Packages']);
  const files = stdout.split('\n').filter(Boolean);
  const options = { maxBuffer: 1 << 30 };
  const each = await Promise.all(
    files.map((file) => run('/usr/lib/apt/apt-helper', ['cat-file', file], options).catch(() => ({ stdout: '' }))),
  );
  const [largest = ''] = each.map((one) => one.stdout).sort((a, b) => b.length - a.length);
  if (largest === '') throw new Error('apt has no package lists on this machine: apt-get update');
  return largest;
}
