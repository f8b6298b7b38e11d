import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { expect, onTestFinished, test } from 'vitest';
import type { Job } from '../job.ts';
import type { ProxiedNetwork } from '../proxied-network.ts';
import { failedTree } from './failed-tree.ts';

/** What a shell is opened in once cowbuilder has left these names. */
async function left(make: (copies: string) => Promise<unknown>) {
  const copiesHere = await realpath(await mkdtemp(join(tmpdir(), 'fatbuildr-copies-')));
  onTestFinished(() => rm(copiesHere, { recursive: true }));
  await make(copiesHere);
  const chroot = { builder: 'cowbuilder' as const, mounts: [], base: '/base', copies: '/copies', copiesHere };
  const network = {} as ProxiedNetwork;
  return failedTree({ workspace: copiesHere } as Job, { chroot, network }, new Failure('build-failure', 'no'));
}

test('nobody gets a shell where a build of cowbuilder put a link in place of its copy', async () => {
  const elsewhere = async (copies: string) => {
    await mkdir(join(copies, 'secret'));
    await symlink('secret', join(copies, 'cow.1'));
  };
  await expect(left(elsewhere)).rejects.toThrow('cowbuilder left nothing of its copy');
});

test('a copy that is not there is no shell', async () => {
  await expect(left(() => Promise.resolve())).rejects.toThrow('cowbuilder left nothing of its copy');
});
