import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDebOrder } from '@fatbuildr/domain';
import { ccacheHooks, farmSourceFiles, farmUpdateCommand, phaseHooks } from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { farmUrl } from '../build/farm-url.ts';

/** Package lists older than this (ms) look like dependencies that cannot be met. */
const FRESH_MS = 6 * 3_600_000;

/** Where pbuilder puts the files of the hook directory in the chroot. */
export const HOOKS_INSIDE = '/tmp/hooks';

/** Readies apt, where dependencies are met before pbuilder starts. pbuilder takes it for no hook. */
export const READY_HOOK = 'ready';

/**
 * Writes the hooks of a build: those that tell its phases, and one that readies apt before dependencies are resolved:
 * the farm's own repository, and fresh lists when the environment's are old. That one is for pbuilder to call where it is to
 * install them. Returns their directory.
 */
export async function writeHooks(
  { host, job, environment }: PackageBuild<BuildDebOrder>,
  nonce: string,
  { installs, ccache }: { installs: boolean; ccache: boolean },
): Promise<string> {
  const { farm } = job.order;
  const directory = join(job.workspace, 'hooks');
  await mkdir(directory);
  const lines = ['#!/bin/sh', 'set -e'];
  if (farm !== null) {
    const files = farmSourceFiles({
      url: farmUrl(host.apiUrl, farm.path),
      distribution: farm.suite,
      derivatives: farm.components,
      origin: farm.origin,
      publicKey: farm.publicKey,
    });
    for (const [index, { path, text }] of files.entries()) {
      await writeFile(join(directory, `farm-${index}`), text, { mode: 0o644 });
      lines.push(`install -D -m 644 ${HOOKS_INSIDE}/farm-${index} ${path}`);
    }
  }
  const stale = Date.now() - environment.held.created > FRESH_MS;
  if (stale) lines.push("echo 'I: the package lists are older than 6 h: refreshing them'", updateAll);
  else if (farm !== null) lines.push(farmUpdateCommand.join(' '));

  const hooks = [
    ...phaseHooks(nonce),
    ...(ccache ? ccacheHooks() : []),
    { name: installs ? 'D10sources' : READY_HOOK, mode: 0o700, text: `${lines.join('\n')}\n` },
  ];
  for (const { name, mode, text } of hooks) {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), mode);
  }
  return directory;
}

const updateAll = 'apt-get update -o APT::Update::Error-Mode=any';
