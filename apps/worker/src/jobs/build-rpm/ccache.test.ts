import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRpmOrder } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PackageBuild } from '../build/build.ts';
import { throughCcache } from './ccache.ts';
import type { Chroot } from './chroot.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-ccache-'));
});
afterEach(() => rm(root, { recursive: true }));

/** What becomes of the command of a build whose repositories have no ccache, and what the log says. */
async function without(order: Pick<BuildRpmOrder, 'ccache'>) {
  const lines: string[] = [];
  const calls: (readonly string[])[] = [];
  const build = { job: { order, log: { line: (text: string) => lines.push(text) } } };
  const dnf = {
    run: async ({ args }: { args: readonly string[] }) => {
      calls.push(args);
      return { status: 1, output: 'Error: Unable to find a match: ccache', set: undefined };
    },
  };
  const chroot = { root, dnf } as unknown as Chroot;
  const through = await throughCcache(build as unknown as PackageBuild<BuildRpmOrder>, chroot, 'hello');
  const command = { name: 'build', command: ['rpmbuild', '-ba'] as const };
  return { lines, calls, isAsItWas: through(command) === command };
}

test('a build whose repositories have no ccache goes on without, and says so', async () => {
  expect(await without({ ccache: true })).toEqual({
    lines: [expect.stringMatching(/^warning: ccache cannot be installed/)],
    calls: [['install', 'ccache']],
    isAsItWas: true,
  });
});

test('one that is not to use any does not look for it', async () => {
  expect(await without({})).toEqual({ lines: [], calls: [], isAsItWas: true });
});
