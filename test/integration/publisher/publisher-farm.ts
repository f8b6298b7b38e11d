import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnRedis, ownRedis } from '../queue/redis-server.ts';
import { serve } from '../registry/static-server.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { type PublisherProcess, startPublisherProcess } from './publisher-process.ts';

/** The publisher's own program between a Redis, an api that takes notes and a web server for what it publishes. */
export interface PublisherFarm {
  api: FakeApi;
  redis: OwnRedis;
  /** Where what it publishes is served. */
  url: string;
  publisher: PublisherProcess;
  within(path: string): string;
  /** Starts the publisher again, after it was stopped, and waits until it is ready. */
  restart(): Promise<void>;
  /** Starts it likewise, and waits for nothing. */
  begin(): void;
  close(): Promise<void>;
}

/**
 * @param instances instance files by id
 * @param settings further keys of `fatbuildr.yml`
 * @param tree where the registry tree is: a directory of the farm unless given
 */
export async function startPublisherFarm(
  instances: Record<string, string>,
  settings: Record<string, unknown> = {},
  tree?: string,
): Promise<PublisherFarm> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-publishing-'));
  const within = (path: string) => join(directory, path);
  for (const path of ['instances.d', 'run', 'built', 'registry']) await mkdir(within(path));
  const redis = ownRedis();
  await redis.start();
  const registry = tree ?? within('registry');
  const server = await serve(registry);
  const configFile = within('fatbuildr.yml');
  await writeFile(
    configFile,
    JSON.stringify({
      paths: { state: within('state'), cache: within('cache'), run: within('run'), registry },
      api: { publicUrl: server.url },
      redis: { url: redis.url },
      ...settings,
    }),
  );
  for (const [id, text] of Object.entries(instances)) await writeFile(within(`instances.d/${id}.yml`), text);
  const api = await startFakeApi(within('run/publisher.sock'), redis.url);
  const farm: PublisherFarm = {
    ...{ api, redis, within, url: server.url },
    publisher: startPublisherProcess(configFile),
    begin() {
      farm.publisher = startPublisherProcess(configFile);
    },
    async restart() {
      farm.begin();
      await farm.publisher.ready;
    },
    async close() {
      await farm.publisher.stop('SIGKILL');
      await api.close();
      await server.close();
      await redis.remove();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await farm.publisher.ready;
  return farm;
}
