import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A GnuPG of its own with a key that signs other people's repositories. */
export async function foreignKey() {
  // a socket's path is short
  const home = await mkdtemp(join(tmpdir(), 'fb-gpg-'));
  const env = { ...process.env, GNUPGHOME: home, LC_ALL: 'C' };
  const gpg = async (...args: string[]) => (await run('gpg', ['--batch', '--yes', ...args], { env })).stdout;
  const user = 'Other <other@example.org>';
  await gpg('--passphrase', '', '--quick-generate-key', user, 'rsa3072', 'sign', 'never');
  const fingerprint = /^fpr:::::::::([0-9A-F]+):/m.exec(await gpg('--list-keys', '--with-colons'))?.[1] as string;
  return {
    env,
    fingerprint,
    publicKey: await gpg('--armor', '--export', fingerprint),
    /** Signs a file beside it, armoured. */
    detach: (file: string) => gpg('--armor', '--output', `${file}.asc`, '--detach-sign', file),
    async remove() {
      await run('gpgconf', ['--kill', 'all'], { env }).catch(() => {});
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type ForeignKey = Awaited<ReturnType<typeof foreignKey>>;

/** Makes a repository with reprepro, as Fatbuildr 2.1 did. */
export async function makeReprepro(
  directory: string,
  key: ForeignKey,
  debs: string[],
  dscs: string[] = [],
): Promise<void> {
  await mkdir(join(directory, 'conf'), { recursive: true });
  await writeFile(
    join(directory, 'conf/distributions'),
    `Codename: bookworm\nComponents: main extra\nArchitectures: amd64 source\nSignWith: ${key.fingerprint}\n`,
  );
  const reprepro = (...args: string[]) => run('reprepro', ['--basedir', directory, ...args], { env: key.env });
  if (debs.length > 0) await reprepro('--component', 'main', 'includedeb', 'bookworm', ...debs);
  for (const dsc of dscs) {
    await reprepro('--section', 'misc', '--priority', 'optional', '--component', 'main', 'includedsc', 'bookworm', dsc);
  }
  await reprepro('export');
}

/** Makes a repository with aptly: all versions of a package. @returns what it published */
export async function makeAptly(directory: string, key: ForeignKey, files: string[]): Promise<string> {
  await mkdir(directory, { recursive: true });
  const config = join(directory, 'aptly.conf');
  await writeFile(
    config,
    JSON.stringify({ rootDir: directory, architectures: ['amd64', 'source'], gpgProvider: 'gpg2' }),
  );
  const aptly = (...args: string[]) => run('aptly', [`-config=${config}`, ...args], { env: key.env });
  await aptly('repo', 'create', '-component=main', 'packages');
  await aptly('repo', 'add', 'packages', ...files);
  const options = ['-batch', `-gpg-key=${key.fingerprint}`, '-distribution=bookworm', '-acquire-by-hash'];
  await aptly('publish', 'repo', ...options, 'packages');
  return join(directory, 'public');
}

/** Makes the lists of a directory of RPM packages, and signs them. */
export async function makeCreaterepo(directory: string, key: ForeignKey, ...options: string[]): Promise<void> {
  await run('createrepo_c', ['--quiet', ...options, directory]);
  await rm(join(directory, 'repodata/repomd.xml.asc'), { force: true });
  await key.detach(join(directory, 'repodata/repomd.xml'));
}
