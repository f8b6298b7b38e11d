import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FarmRepository } from '@fatbuildr/domain';
import { execa } from 'execa';
import type { FakeApi } from '../../integration/worker/fake-api.ts';

/** Makes the repository that the fake api serves: signed, of the given uploaded packages. */
export async function publish(api: FakeApi, packages: string[]): Promise<FarmRepository> {
  const keys = await mkdtemp(join(tmpdir(), 'fatbuildr-gpg-'));
  const gpg = (...args: string[]) => execa('gpg', ['--homedir', keys, '--batch', '--yes', '--quiet', ...args]);
  const binary = 'dists/bookworm/main/binary-amd64';
  try {
    await mkdir(join(api.repository, binary), { recursive: true });
    await mkdir(join(api.repository, 'pool'), { recursive: true });
    for (const name of packages) await cp(join(api.stored, name), join(api.repository, 'pool', name));
    const inRepository = { cwd: api.repository };
    const index = await execa('apt-ftparchive', ['packages', 'pool'], inRepository);
    await writeFile(join(api.repository, binary, 'Packages'), `${index.stdout}\n`);
    const fields = {
      Origin: 'default',
      Suite: 'bookworm',
      Codename: 'bookworm',
      Architectures: 'amd64',
      Components: 'main',
    };
    const options = Object.entries(fields).flatMap(([name, value]) => [
      '-o',
      `APT::FTPArchive::Release::${name}=${value}`,
    ]);
    const release = await execa('apt-ftparchive', [...options, 'release', 'dists/bookworm'], inRepository);
    const file = join(api.repository, 'dists/bookworm/Release');
    await writeFile(file, `${release.stdout}\n`);
    await gpg('--passphrase', '', '--quick-generate-key', 'Farm <farm@example.org>', 'rsa3072', 'sign', '1d');
    await gpg('--clearsign', '--output', join(api.repository, 'dists/bookworm/InRelease'), file);
    const { stdout: publicKey } = await gpg('--armor', '--export');
    return {
      path: '/default/deb',
      suite: 'bookworm',
      origin: 'default',
      components: ['main'],
      publicKey: `${publicKey}\n`,
    };
  } finally {
    await execa('gpgconf', ['--homedir', keys, '--kill', 'all'], { reject: false });
    await rm(keys, { recursive: true, force: true });
  }
}
