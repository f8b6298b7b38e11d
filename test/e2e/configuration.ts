import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Uploads above this, bytes, are refused. */
export const UPLOAD_LIMIT = 1_000_000;

/**
 * `default` is what most tests use. `other` may fetch sources from this machine; `spare` has neither keyring nor
 * environment; `emulated` has them only where the other of its architectures can be emulated.
 */
const instances = {
  default: `name: Test farm
gpg: { name: Test farm, email: farm@fatbuildr.invalid }
formats:
  deb:
    - { name: bookworm, tag: deb12 }
    - { name: bookworm-next, env: bookworm, tag: deb12n }
    - { name: bookworm-cow, env: bookworm, tag: deb12c, builder: cowbuilder }
    - { name: bookworm-ccache, env: bookworm, tag: deb12q, ccache: true }
  osi:
    - { name: images, packages: bookworm }
derivatives:
  backports:
`,
  emulated: `name: Farm that emulates
gpg: { name: Farm that emulates, email: emulated@fatbuildr.invalid }
architectures: [amd64, arm64]
formats: { deb: [{ name: bookworm, tag: deb12, security: false }] }
`,
  other: `name: Another farm
gpg: { name: Another farm, email: other@fatbuildr.invalid }
formats: { deb: [{ name: bookworm, tag: deb12 }] }
allowPrivateSources: true
`,
  spare: `name: Farm to be
gpg: { name: Farm to be, email: spare@fatbuildr.invalid }
formats: { deb: [{ name: bookworm, tag: deb12 }] }
`,
};

/**
 * `rpms` builds RPM packages, against the distribution that the tests make themselves; `pair` for two architectures, and
 * Debian packages too: without security updates, which not every mirror has whole for both.
 */
function rpmInstances(repository: string): Record<string, string> {
  const made = `builder: rpmbuild, releasever: 9, repositories: [{ id: tiny, baseurl: '${repository}' }]`;
  const el9 = `rpm:
    - { name: el9, tag: el9, ${made} }
`;
  return {
    rpms: `name: Farm of RPM packages
gpg: { name: Farm of RPM packages, email: rpms@fatbuildr.invalid }
formats:
  ${el9}    - { name: el9-ccache, env: el9, tag: el9q, ccache: true, ${made} }
`,
    pair: `name: Farm for two architectures
gpg: { name: Farm for two architectures, email: pair@fatbuildr.invalid }
architectures: [amd64, i386]
formats:
  deb: [{ name: bookworm, tag: deb12, security: false }]
  ${el9}`,
  };
}

/**
 * Writes the configuration of a farm that keeps everything below `directory`; returns its file.
 *
 * @param rpmRepository URL of an RPM distribution; without it there are no instances of RPM packages
 */
export async function writeConfiguration(directory: string, port: number, rpmRepository?: string): Promise<string> {
  const etc = join(directory, 'etc');
  await mkdir(join(etc, 'instances.d'), { recursive: true });
  const all = { ...instances, ...(rpmRepository === undefined ? {} : rpmInstances(rpmRepository)) };
  for (const [id, text] of Object.entries(all)) await writeFile(join(etc, `instances.d/${id}.yml`), text);
  const file = join(etc, 'fatbuildr.yml');
  const settings = `paths: { state: ${directory}/state, cache: ${directory}/cache, run: ${directory}/run }
api: { listen: { host: 127.0.0.1, port: ${port} }, uploadLimit: ${UPLOAD_LIMIT} }
worker: { name: e2e, slots: 2 }
images: { rpm: { distribution: debian }, osi: { distribution: debian } }
log: { format: text }
`;
  await writeFile(file, settings);
  return file;
}
