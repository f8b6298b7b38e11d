import { mkdir, mkdtemp, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerSpec, mountOverlay, removeTree } from '@fatbuildr/containers';
import { execa } from 'execa';

const cache = process.env.FATBUILDR_TEST_CACHE ?? '/var/cache/fatbuildr-test';

/**
 * A minimal Debian tree to lay overlays on, made once (about 10 s) from the host's own APT sources and kept in
 * `FATBUILDR_TEST_CACHE`. Never written again. With `more` packages it is another one.
 */
export async function minimalTree(more: readonly string[] = []): Promise<string> {
  const tree = join(cache, ['minimal-bookworm', ...more].join('+'));
  if (await stat(tree).catch(() => undefined)) return tree;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${tree}.`);
  const sources = '/etc/apt/sources.list.d/debian.sources';
  await execa('mmdebstrap', [
    '--quiet',
    '--variant=essential',
    `--include=${['mount', ...more].join(',')}`,
    'bookworm',
    draft,
    sources,
  ]);
  await rename(draft, tree).catch(() => removeTree(draft)); // another test file was faster
  return tree;
}

/** A scratch directory whose removal unmounts what was left in it. */
export async function scratch(base = tmpdir()): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(base, 'fatbuildr-containers-'));
  return { path, remove: () => removeTree(path) };
}

/** An overlay on the minimal tree in a directory of its own, and a spec that runs on it and collects its output. */
export async function containerOn(directory: string, name: string) {
  const workspace = join(directory, name);
  await mkdir(workspace, { recursive: true });
  const overlay = await mountOverlay({ lower: [await minimalTree()], workspace });
  const output: Buffer[] = [];
  const spec = (script: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name,
    root: overlay.merged,
    command: ['sh', '-c', script],
    network: { kind: 'none' },
    onOutput: (chunk) => void output.push(chunk),
    ...more,
  });
  return { overlay, spec, bytes: () => Buffer.concat(output), output: () => Buffer.concat(output).toString() };
}

/** Host pids whose command line has this word: a number of seconds that only one test sleeps. */
export async function sleepers(seconds: number): Promise<string[]> {
  const { stdout } = await execa('pgrep', ['--full', '--exact', `sleep ${seconds}`], { reject: false });
  return stdout.split('\n').filter(Boolean);
}

/** Waits until `condition` holds; fails after 10 s. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come to hold within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
