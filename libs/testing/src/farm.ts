import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '@fatbuildr/api/src/start-api.ts';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import { type Config, loadConfig } from '@fatbuildr/config';
import type { TaskDetail } from '@fatbuildr/domain';
import { startPublisher } from '@fatbuildr/publisher/src/app.ts';
import { createLogger } from '@fatbuildr/service';
import { startWorker } from '@fatbuildr/worker/src/app.ts';
import type { FakePackages } from '@fatbuildr/worker/src/jobs/fake-packages.ts';
import { makeRpm } from './rpm.ts';

/** One instance for one distribution, in Fatbuildr 2.1's format. */
export const INSTANCE = `name: Test farm
gpg:
  name: Test farm
  email: test@fatbuildr.invalid
formats:
  deb:
    - name: bookworm
      env: bookworm
      tag: deb12
`;

/** Between two publications (ms): long enough that what comes together is published together. */
const SPACING_MS = 50;

export interface FarmOptions {
  /** `redis://` or `unix://`; each farm needs one of its own. */
  redis: string;
  /** Instance files by id. */
  instances?: Record<string, string>;
  /** Jobs at once on the fake host. */
  slots?: number;
  /** Lines for `fatbuildr.yml`. */
  settings?: string;
  /** The text of `policy.yml`. */
  policy?: string;
  /** Creates keyring, image and environments of every instance too; true by default. */
  ready?: boolean;
  /** Runs containers for real, with what `prepare` puts into the state directory of the build host; made up by default. */
  containers?: { prepare(config: Config): Promise<void>; shellLeftMs?: number };
  logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A whole farm in this process: api, publisher and a worker whose builds are made up. */
export interface Farm {
  /** As the administrator, over the local socket. */
  client: Client;
  /** Of the TCP listener: repositories, and the API for who has a token. */
  url: string;
  /** Everything it keeps. */
  directory: string;
  /** The task as it ended. */
  ended(task: { id: string }): Promise<TaskDetail>;
  stop(): Promise<void>;
}

/** One package with one file, and its source package, by the rpmbuild of this machine. */
const fakeRpms: FakePackages = async ({ source, version, text = `${source} ${version}\n` }, withSource) => {
  const cut = version.lastIndexOf('-');
  const files = { [`/usr/share/doc/${source}/README`]: text };
  const made = await makeRpm({ name: source, version: version.slice(0, cut), release: version.slice(cut + 1), files });
  return made.filter(({ name }) => withSource || !name.endsWith('.src.rpm'));
};

/** Starts a farm; nothing of it is left after `stop`. */
export async function startFarm(options: FarmOptions): Promise<Farm> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-farm-'));
  const instances = options.instances ?? { default: INSTANCE };
  const config = await loadConfig({ file: await writeConfiguration(directory, instances, options) });
  const log = (name: string) => createLogger({ name, level: options.logLevel ?? 'silent', format: 'text' });
  const never = new AbortController().signal;
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of parts.toReversed()) await part.stop();
    await rm(directory, { recursive: true });
  };
  try {
    const api = await startApi({ config, version: 'test', log: log('api') });
    parts.push(api);
    // the port was chosen by the kernel
    config.worker.api = api.url;
    config.api.publicUrl = api.url;
    parts.push(
      await startPublisher(
        { config, version: 'test', log: log('publisher'), keyAlgorithm: 'ed25519', spacingMs: SPACING_MS },
        never,
      ),
    );
    await options.containers?.prepare(config);
    const { shellLeftMs } = options.containers ?? {};
    const worker = { config, version: 'test', log: log('worker'), fakeRpms, ...(shellLeftMs ? { shellLeftMs } : {}) };
    parts.push(await startWorker(worker, never));
    const client = connect(`unix://${config.api.socket}`, undefined);
    const farm: Farm = { client, url: api.url, directory, ended: (task) => ended(client, task.id), stop };
    if (options.ready ?? options.containers === undefined)
      for (const instance of Object.keys(instances)) await makeReady(farm, instance);
    return farm;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeConfiguration(
  directory: string,
  instances: Record<string, string>,
  { redis, slots = 2, settings = '', policy, containers }: FarmOptions,
): Promise<string> {
  const file = join(directory, 'fatbuildr.yml');
  await mkdir(join(directory, 'instances.d'));
  for (const [id, text] of Object.entries(instances)) await writeFile(join(directory, `instances.d/${id}.yml`), text);
  if (policy !== undefined) await writeFile(join(directory, 'policy.yml'), policy);
  const lines = [
    `paths: { state: ${directory}/state, cache: ${directory}/cache, run: ${directory}/run }`,
    'api: { listen: { host: 127.0.0.1, port: 0 } }',
    `redis: { url: "${redis}" }`,
    `worker: { name: fake, slots: ${slots} }`,
    `containers: { driver: ${containers ? 'nspawn' : 'fake'} }`,
    settings,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

async function makeReady({ client, ended }: Farm, instance: string): Promise<void> {
  const params = { instance };
  const tasks = [
    () => client.createKeyring({ params, body: {} }),
    () => client.imageOperation({ params, body: { operation: 'create' } }),
    () => client.environmentOperation({ params, body: { operation: 'create' } }),
  ];
  for (const submit of tasks) {
    const task = await ended(await submit());
    if (task.outcome !== 'success') throw new Error(`${task.kind} ended as ${task.outcome}: ${task.cause?.message}`);
  }
}

async function ended(client: Client, id: string): Promise<TaskDetail> {
  for (;;) {
    const task = await client.task({ params: { task: id } });
    if (task.state === 'done') return task;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
