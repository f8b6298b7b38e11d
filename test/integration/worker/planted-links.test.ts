import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createNspawnRunner } from '@fatbuildr/containers';
import { Failure, newId } from '@fatbuildr/domain';
import { BUILD_USER } from '@fatbuildr/formats';
import type { PackageBuild } from '@fatbuildr/worker/src/jobs/build/build.ts';
import { openChroot } from '@fatbuildr/worker/src/jobs/build-rpm/chroot.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { minimalTree, scratch } from '../containers/support.ts';
import { limits } from './orders.ts';

let directory: string;
let removeScratch: () => Promise<void>;
/** A directory of the host, as an attacker would like to write to. */
let victim: string;
const undo: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await minimalTree();
});
beforeEach(async () => {
  // A link into /tmp would lead below the mount that is there in the container, which is made after that of /etc.
  ({ path: directory, remove: removeScratch } = await scratch('/var/tmp'));
  victim = join(directory, 'victim');
  await mkdir(victim);
  await writeFile(join(victim, 'file'), 'of the host\n');
});
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
  await removeScratch();
});
afterAll(async () => {
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(directory);
});

/** A build whose environment is the minimal tree, below `layer` where one is given. */
function buildOn(layer?: string): PackageBuild {
  const recipe = { architecture: 'amd64', repositories: [], releasever: null, dbpath: '/var/lib/rpm', modules: [] };
  const order = { recipe, target: { tag: 'el9' }, farm: null, limits };
  const log = { output: () => {}, line: () => {} };
  return {
    host: { runner: createNspawnRunner({ warn: () => {} }), commands: {} },
    job: {
      ...{ id: newId(), order, log, workspace: directory, signal: new AbortController().signal },
      defer: (step: () => Promise<void>) => undo.push(step),
    },
    image: { root: '/nowhere' },
    environment: { root: layer },
  } as unknown as PackageBuild;
}

/** A tree with a user that builds, and a link that a script of a package left in it. */
async function treeWith(name: string, link: string, target: string): Promise<string> {
  const tree = join(directory, name);
  await mkdir(dirname(join(tree, link)), { recursive: true });
  await mkdir(join(tree, 'etc'), { recursive: true });
  const { uid, gid, home } = BUILD_USER;
  await writeFile(join(tree, 'etc/passwd'), `root:x:0:0::/root:/bin/sh\nbuilder:x:${uid}:${gid}::${home}:/bin/sh\n`);
  await symlink(join(victim, target), join(tree, link));
  return tree;
}

async function expectUntouched(): Promise<void> {
  expect(await readdir(victim)).toEqual(['file']);
  expect(await readFile(join(victim, 'file'), 'utf8')).toBe('of the host\n');
  expect((await stat(victim)).uid).toBe(0);
}

test.each([
  ['etc/rpm/macros.farm', 'file'],
  ['etc/rpm/macros.farm', 'new'],
  ['etc/rpm', ''],
  ['builddir', ''],
])('a dependency of an RPM that leaves a link at %s has the host write nothing there (%j)', async (link, target) => {
  const layer = await treeWith('layer', link, target);
  const chroot = await openChroot(buildOn(await minimalTree()) as never);
  await chroot.lay(layer);
  const { status, output } = await chroot.run({
    name: 'look',
    command: ['/bin/sh', '-c', 'cat /etc/rpm/macros.farm; id -un; echo mine >"$HOME/written"'],
  });
  expect(output).toContain('%dist .el9\n');
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/^builder$/m) });
  await expectUntouched();
});

test.each([
  ['etc/rpm/macros.farm', 'file'],
  ['etc/rpm', ''],
  ['builddir', ''],
])('nor does a package of the environment itself, with a link at %s', async (link, target) => {
  const environment = await treeWith('environment', link, target);
  const chroot = await openChroot(buildOn(environment) as never);
  const { mounts } = await chroot.left(new Failure('build-failure', 'it failed'));
  expect(mounts).toEqual([{ source: join(directory, 'macros.farm'), target: '/etc/rpm/macros.farm', readOnly: true }]);
  await expectUntouched();
});
