import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import { loadConfig } from '@fatbuildr/config';
import { startDaemon } from '@fatbuildr/daemon/src/daemon.ts';
import { farmParts } from '@fatbuildr/daemon/src/parts.ts';
import { createLogger } from '@fatbuildr/service';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { freePort } from '@fatbuildr/testing/free-port';
import { type KillableFarm, patientClient, pause } from './killable-farm.ts';

/** The processes of a farm that fatbuildrd keeps running. */
export const PARTS = ['redis', 'api', 'publisher', 'worker'] as const;
export type PartName = (typeof PARTS)[number];

/** A farm as fatbuildrd runs it, each part a process of its own; builds are made up. */
export interface ProcessFarm extends KillableFarm<PartName> {
  directory: string;
  /** Ends every part; what they wrote stays until `remove`. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts the farm and makes it ready to build. */
export async function startProcessFarm({ slots = 4 } = {}): Promise<ProcessFarm> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-faults-'));
  const port = await freePort();
  const file = join(directory, 'fatbuildr.yml');
  await mkdir(join(directory, 'instances.d'));
  await writeFile(join(directory, 'instances.d/default.yml'), INSTANCE);
  const settings = {
    paths: { state: `${directory}/state`, cache: `${directory}/cache`, run: `${directory}/run` },
    api: { listen: { host: '127.0.0.1', port } },
    worker: { name: 'fake', slots },
    containers: { driver: 'fake' },
    log: { level: 'warn', format: 'text' },
  };
  await writeFile(file, JSON.stringify(settings));
  const config = await loadConfig({ file });

  const pids = new Map<string, number>();
  const note = (line: string) => {
    const { msg, part, pid } = JSON.parse(line) as { msg: string; part?: string; pid?: number };
    if (msg === 'part started' && part && pid) pids.set(part, pid);
    if (msg.startsWith('part ended') && part) pids.delete(part);
  };
  const daemon = await startDaemon({
    config,
    parts: farmParts(config),
    log: createLogger({ name: 'fatbuildrd', format: 'json', destination: { write: note } }),
    output: () => {},
    signal: new AbortController().signal,
    restart: { delay: 100, maxDelay: 500 },
  });
  const client = connect(`unix://${config.api.socket}`, undefined);
  const farm: ProcessFarm = {
    client,
    url: `http://127.0.0.1:${port}`,
    directory,
    async kill(part) {
      while (!pids.has(part)) await pause(20);
      process.kill(pids.get(part) as number, 'SIGKILL');
      pids.delete(part);
    },
    ...patientClient(client),
    stop: () => daemon.stop(),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
  try {
    await makeReady(farm);
    return farm;
  } catch (error) {
    await farm.stop();
    await farm.remove();
    throw error;
  }
}

async function makeReady({ client, ended }: ProcessFarm): Promise<void> {
  const params = { instance: 'default' };
  const steps = [
    () => client.createKeyring({ params, body: {} }),
    () => client.imageOperation({ params, body: { operation: 'create' } }),
    () => client.environmentOperation({ params, body: { operation: 'create' } }),
  ];
  for (const submit of steps) {
    const { kind, outcome, cause } = await ended((await submit()).id, 60_000);
    if (outcome !== 'success') throw new Error(`${kind} ended as ${outcome}: ${cause?.message}`);
  }
}
