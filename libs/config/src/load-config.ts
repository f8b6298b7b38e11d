import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname as osHostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Instance, InstanceName, parseArchitecture } from '@fatbuildr/domain';
import type { Config } from './config.ts';
import { applyOverrides, environmentOverrides } from './environment.ts';
import { InstanceFile } from './instance-schema.ts';
import { loadPolicy } from './load-policy.ts';
import { ConfigError, check, type Mistake } from './mistakes.ts';
import { resolveInstance } from './resolve-instance.ts';
import { resolveServer } from './resolve-server.ts';
import { ServerFile } from './server-schema.ts';
import { parseYaml, placeIn, readYaml } from './yaml-file.ts';

/** Where the configuration is when nobody says otherwise. */
export const DEFAULT_CONFIG_FILE = '/etc/fatbuildr/fatbuildr.yml';

export interface LoadOptions {
  /** Path of `fatbuildr.yml`; the instances are in `instances.d/*.yml` beside it, the policy in `policy.yml`. */
  file: string;
  /** A `file` that is not there is an empty one, as on a build host that needs no settings. */
  optional?: boolean;
  /** The variables that may override keys of `fatbuildr.yml`. */
  environment?: Record<string, string | undefined>;
  /** What defaults depend on; this host by default. */
  host?: { hostname: string; architecture: string };
}

/**
 * Reads and checks the whole configuration.
 * Throws one {@link ConfigError} that lists every mistake of every file.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { file, environment = {}, host = thisHost(), optional = false } = options;
  const path = resolve(file);
  const server = await loadServer(path, environment, optional);
  const instances = await loadInstances(join(dirname(path), 'instances.d'), host.architecture);
  const policy = await loadPolicy(join(dirname(path), 'policy.yml'), instances.names);
  const mistakes = [...server.mistakes, ...instances.mistakes, ...policy.mistakes];
  if (!server.value || !policy.value || mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    file: path,
    ...resolveServer(server.value, host.hostname),
    instances: instances.value,
    policy: policy.value,
  };
}

function thisHost() {
  const uname = { x64: 'amd64', arm: 'armhf', ia32: 'i386', ppc64: 'ppc64el' }[process.arch as string] ?? process.arch;
  return { hostname: osHostname(), architecture: parseArchitecture(uname) ?? uname };
}

async function loadServer(file: string, environment: Record<string, string | undefined>, optional: boolean) {
  const yaml = optional && !existsSync(file) ? parseYaml(file, '') : await readYaml(file);
  if (yaml.mistakes.length > 0) return { value: undefined, mistakes: yaml.mistakes };
  const overrides = environmentOverrides(environment);
  const data = applyOverrides(yaml.data ?? {}, overrides);
  return check(ServerFile, data, (path) => {
    const override = overrides.find((one) => one.path.every((key, index) => key === path[index]));
    return override ? `environment variable ${override.variable}` : placeIn(yaml, path);
  });
}

async function loadInstances(
  directory: string,
  architecture: string,
): Promise<{ value: Instance[]; names: string[]; mistakes: Mistake[] }> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.yml')).sort();
  const value: Instance[] = [];
  const mistakes: Mistake[] = [];
  for (const name of files) {
    const loaded = await loadInstance(join(directory, name), architecture);
    if (loaded.value) value.push(loaded.value);
    mistakes.push(...loaded.mistakes);
  }
  return { value, names: files.map((name) => basename(name, '.yml')), mistakes };
}

async function loadInstance(file: string, architecture: string) {
  const id = basename(file, '.yml');
  const name = InstanceName.safeParse(id);
  if (!name.success) {
    const text = `the file's name is the instance's, expected ${name.error.issues[0]?.message}`;
    return { value: undefined, mistakes: [{ where: file, text }] };
  }
  const yaml = await readYaml(file);
  if (yaml.mistakes.length > 0) return { value: undefined, mistakes: yaml.mistakes };
  const { value, mistakes } = check(InstanceFile, yaml.data ?? {}, (path) => placeIn(yaml, path));
  return { value: value && resolveInstance(id, value, architecture), mistakes };
}
