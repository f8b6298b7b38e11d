import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from './report.ts';

const UPSTREAM = '31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b';

/** Puts the upstream tarball of `examples/hello` into a farm's source cache, from the host's own APT source packages. */
export async function cacheHello(farm: string): Promise<void> {
  await demoParts('tarball_from_apt "$1" "$2"', UPSTREAM, join(farm, 'cache/sources/sha256', UPSTREAM));
}

/** Downloads the source package of hello from the host's own archive; returns the path of its `.dsc`. */
export async function helloSource(directory: string): Promise<string> {
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  const script = `
    cd "$1"
    host_source_entries > source.sources
    options=(-o "Dir::Etc::sourcelist=$1/source.sources" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1" -o APT::Sandbox::User=root -qq)
    apt-get "\${options[@]}" update
    apt-get "\${options[@]}" source --download-only --only-source hello`;
  await demoParts(script, directory);
  const dsc = (await readdir(directory)).find((file) => file.endsWith('.dsc'));
  if (dsc === undefined) throw new Error('apt downloaded no .dsc of hello');
  return join(directory, dsc);
}

/** Runs bash commands with the functions of the demo. */
async function demoParts(script: string, ...args: string[]): Promise<void> {
  const parts = `. '${root}/scripts/lib.sh'; . '${root}/scripts/demo-parts.sh'`;
  await execa('bash', ['-c', `${parts}\n${script}`, `${root}/scripts/bench`, ...args]);
}
