import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentSources } from '@fatbuildr/config';
import type { DebEnvironmentRecipe, FarmRepository } from '@fatbuildr/domain';
import { farmSourceFiles, farmUpdateCommand } from '@fatbuildr/formats';
import { farmRules, farmUrl } from '../farm-url.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';

/** Package lists older than this (ms) look like dependencies that cannot be met. */
const FRESH_MS = 6 * 3_600_000;

/** The network that apt in an environment needs: its mirrors, and the farm's own repository where there is one. */
export async function openAptNetwork(
  host: Host,
  job: Job,
  recipe: DebEnvironmentRecipe,
  farm: FarmRepository | null,
): Promise<ProxiedNetwork> {
  const mirrors = environmentSources(recipe, await host.mirrors()).map(({ uri }) => uri);
  return openProxiedNetwork(host, job, [...[...new Set(mirrors)].map((url) => ({ url })), ...farmRules(host, farm)]);
}

/** What apt is to be readied for, and where. */
export interface ReadyApt {
  farm: FarmRepository | null;
  /** When the environment was made, ms. */
  created: number;
  /** A directory on this host for what the script installs, and where the script finds it. */
  directory: string;
  inside: string;
}

/**
 * The text of a script that readies apt in an environment: the farm's own repository with its key, and fresh lists, all
 * of them when those of the environment are old.
 */
export async function aptReadyScript(host: Host, { farm, created, directory, inside }: ReadyApt): Promise<string> {
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
      lines.push(`install -D -m 644 ${inside}/farm-${index} ${path}`);
    }
  }
  const isStale = Date.now() - created > FRESH_MS;
  if (isStale) lines.push("echo 'I: the package lists are older than 6 h: refreshing them'", updateAll);
  else if (farm !== null) lines.push(farmUpdateCommand.join(' '));
  return `${lines.join('\n')}\n`;
}

const updateAll = 'apt-get update -o APT::Update::Error-Mode=any';
