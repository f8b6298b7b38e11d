import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from './farm.ts';
import { farm } from './this-farm.ts';

const sourceCache = join(farm.directory, 'cache/sources/sha256');

/** Puts a file into the farm's source cache, as an administrator may by hand; returns its sha256. */
export async function cacheSource(bytes: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await mkdir(sourceCache, { recursive: true });
  await writeFile(join(sourceCache, sha256), bytes);
  return sha256;
}

/** Puts the upstream tarball of `examples/hello` into the source cache, from the host's own APT source packages. */
export async function cacheHello(): Promise<void> {
  const sha256 = '31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b';
  await demoParts('tarball_from_apt "$1" "$2"', sha256, join(sourceCache, sha256));
}

/** Downloads a source package of the host's own archive; returns the path of its `.dsc`. */
export async function debianSource(name: string): Promise<string> {
  const directory = join(farm.directory, 'debian', name);
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  const script = `
    cd "$1"
    host_source_entries > source.sources
    options=(-o "Dir::Etc::sourcelist=$1/source.sources" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1" -o APT::Sandbox::User=root -qq)
    apt-get "\${options[@]}" update
    apt-get "\${options[@]}" source --download-only --only-source "$2"`;
  await demoParts(script, directory, name);
  const dsc = (await readdir(directory)).find((file) => file.endsWith('.dsc'));
  if (dsc === undefined) throw new Error(`apt downloaded no .dsc of ${name}`);
  return join(directory, dsc);
}

/** Runs bash commands with the functions of the demo. */
async function demoParts(script: string, ...args: string[]): Promise<void> {
  const parts = `. '${root}/scripts/lib.sh'; . '${root}/scripts/demo-parts.sh'`;
  await execa('bash', ['-c', `${parts}\n${script}`, `${root}/scripts/e2e`, ...args]);
}
