import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { type Cost, costOfCommand, sumOf } from './measure.ts';

/** A tool that keeps one repository; the key that signs it is RSA 4096 without passphrase. */
export interface OtherTool {
  /** Takes packages in and publishes them. */
  add(paths: readonly string[]): Promise<Cost>;
  /** Leaves its agent and whatever else it started. */
  stop(): Promise<void>;
}

/** The programs that all of them need, and how to have them. */
export async function checkTools(): Promise<void> {
  for (const program of ['reprepro', 'aptly', 'createrepo_c', 'rpmsign', 'gpg', 'xz']) {
    await execa('which', [program]).catch(() => {
      throw new Error(`the bench needs ${program}: scripts/setup bench`);
    });
  }
}

/** reprepro; it makes Contents when told to. */
export async function reprepro(directory: string, { contents }: { contents: boolean }): Promise<OtherTool> {
  const { key, env, stop } = await makeKey(directory);
  await mkdir(join(directory, 'conf'));
  const lines = ['Codename: bookworm', 'Architectures: amd64', 'Components: main', `SignWith: ${key}`];
  if (contents) lines.push('Contents: percomponent .gz');
  await writeFile(join(directory, 'conf/distributions'), `${lines.join('\n')}\n`);
  const command = ['reprepro', '--silent', '-b', directory, 'includedeb', 'bookworm'] as const;
  return { add: (paths) => costOfCommand([...command, ...paths], env), stop };
}

/** aptly, whose work is in two commands; it makes Contents unless told not to. */
export async function aptly(directory: string, { contents }: { contents: boolean }): Promise<OtherTool> {
  const { key, env, stop } = await makeKey(directory);
  const config = join(directory, 'aptly.conf');
  await writeFile(config, JSON.stringify({ rootDir: join(directory, 'aptly'), skipContentsPublishing: !contents }));
  const run = (...args: string[]) => costOfCommand(['aptly', `-config=${config}`, ...args], env);
  await run('repo', 'create', '-distribution=bookworm', '-component=main', 'bench');
  let published = false;
  return {
    async add(paths) {
      // Files that wait in a directory: a command line does not hold thousands.
      const incoming = join(directory, 'incoming');
      await mkdir(incoming, { recursive: true });
      for (const path of paths) await copyFile(path, join(incoming, basename(path)));
      const added = await run('repo', 'add', '-remove-files', 'bench', incoming);
      const signing = [`-gpg-key=${key}`, '-batch'];
      const publish = published
        ? ['publish', 'update', ...signing, 'bookworm']
        : ['publish', 'repo', ...signing, '-architectures=amd64', '-acquire-by-hash', 'bench'];
      published = true;
      return sumOf(added, await run(...publish));
    },
    stop,
  };
}

/** createrepo_c, which neither signs nor, so, makes a database. */
export async function createrepo(directory: string): Promise<OtherTool> {
  await mkdir(directory, { recursive: true });
  return {
    async add(paths) {
      for (const path of paths) await copyFile(path, join(directory, basename(path)));
      return costOfCommand(['createrepo_c', '--quiet', '--update', '--no-database', directory]);
    },
    stop: async () => {},
  };
}

/** rpmsign, on copies of the packages. */
export async function rpmsign(directory: string): Promise<OtherTool> {
  const { key, env, stop } = await makeKey(directory);
  const { stdout: gpg } = await execa('which', ['gpg']);
  const define = (name: string, value: string) => ['--define', `${name} ${value}`];
  let rounds = 0;
  return {
    async add(paths) {
      const copies = join(directory, String(rounds++));
      await mkdir(copies);
      for (const path of paths) await copyFile(path, join(copies, basename(path)));
      const files = (await readdir(copies)).map((name) => join(copies, name));
      return costOfCommand(
        ['rpmsign', ...define('_gpg_name', key), ...define('__gpg', gpg), '--addsign', ...files],
        env,
      );
    },
    stop,
  };
}

/** Makes a flat APT repository of copies of packages. */
export async function listFlat(directory: string, paths: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const path of paths) await copyFile(path, join(directory, basename(path)));
  for (const [list, file] of [
    ['packages', 'Packages'],
    ['release', 'Release'],
  ] as const) {
    const { stdout } = await execa('apt-ftparchive', [list, '.'], { cwd: directory });
    await writeFile(join(directory, file), `${stdout}\n`);
  }
}

async function makeKey(directory: string): Promise<{ key: string; env: { GNUPGHOME: string }; stop(): Promise<void> }> {
  const home = join(directory, 'gnupg');
  await mkdir(home, { recursive: true, mode: 0o700 });
  const env = { GNUPGHOME: home };
  const who = 'Bench <bench@fatbuildr.invalid>';
  const options = ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key', who, 'rsa4096', 'sign', 'never'];
  await execa('gpg', options, { env });
  const { stdout } = await execa('gpg', ['--batch', '--with-colons', '--list-keys'], { env });
  const key = /^fpr:+([0-9A-F]{40}):/m.exec(stdout)?.[1] as string;
  return { key, env, stop: async () => void (await execa('gpgconf', ['--kill', 'gpg-agent'], { env })) };
}
