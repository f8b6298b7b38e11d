import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * dnf with a root of its own, which knows what a user is told to install. It says yes to every question, but for
 * `--assumeno` among `args`.
 */
export async function dnf(farm: { paths: { tree: string } }, root: string, ...args: string[]): Promise<string> {
  for (const name of ['repos', 'log', 'cache']) await mkdir(join(root, name), { recursive: true });
  await cp(join(farm.paths.tree, 'default/rpm/el9.repo'), join(root, 'repos/farm.repo'));
  await writeFile(join(root, 'dnf.conf'), '[main]\n');
  await writeFile(join(root, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  const answer = args.includes('--assumeno') ? [] : ['--assumeyes'];
  const options = [...answer, '--installroot', join(root, 'root'), '--config', join(root, 'dnf.conf')];
  const settings = [`reposdir=${join(root, 'repos')}`, `cachedir=${join(root, 'cache')}`, 'pluginpath=/nonexistent'];
  settings.push(`logdir=${join(root, 'log')}`, `persistdir=${join(root, 'persist')}`, 'retries=1', 'tsflags=noscripts');
  const all = [
    ...options,
    '--releasever=9',
    '--forcearch=x86_64',
    ...settings.map((each) => `--setopt=${each}`),
    ...args,
  ];
  const { stdout } = await run('dnf', all, { env: { ...process.env, HOME: root } });
  return stdout;
}
