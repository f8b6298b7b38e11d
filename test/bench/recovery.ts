import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { type BenchFarm, ended, finished, startBenchFarm } from './farm.ts';
import { medianOf, type Report } from './report.ts';
import { submit, uploadBytes } from './submissions.ts';
import { until } from './until.ts';

const ROUNDS = Number(process.env['BENCH_RECOVERY_ROUNDS'] ?? 5);
/** Ends never by itself on a host whose containers are fake. */
const ARTIFACT = 'hang-on';

/** How long a build stands still when its worker dies, and when its host is gone. */
export async function recovery(): Promise<Report> {
  const farm = await startBenchFarm({ workers: ['one', 'two'] });
  try {
    const hosts = new Hosts(farm);
    await hosts.start('one');
    await hosts.start('two');
    await hosts.makeReady();
    const archive = await uploadBytes(farm.client, 'definition.tar', await emptyDefinition());
    const killed: number[] = [];
    const lost: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { task, host } = await running(farm, archive);
      await hosts.kill(host);
      const back = Date.now();
      await hosts.start(host);
      killed.push((await nextAttempt(farm, task)) - back);
      await farm.client.cancel({ params: { task } });
    }
    for (let round = 0; round < ROUNDS; round++) {
      const { task, host } = await running(farm, archive);
      await hosts.kill(host);
      const gone = Date.now();
      lost.push((await nextAttempt(farm, task)) - gone);
      await farm.client.cancel({ params: { task } });
      await hosts.start(host);
    }
    const inSeconds = (times: number[]) => times.map((ms) => ms / 1000);
    return {
      title: 'Recovery: from the loss of a worker to the next attempt',
      how:
        `Two worker processes with fake containers and a build that never ends. One worker is killed with SIGKILL while it builds: ` +
        `and started again at once (time from that start), or never (time from the kill); until the next attempt begins, by the api's clock.`,
      figures: [
        medianOf('killed worker that comes back', 's', inSeconds(killed), { atMost: 15 }),
        medianOf('lost host', 's', inSeconds(lost), { atMost: 45 }),
      ],
    };
  } finally {
    await farm.stop();
  }
}

/** Build hosts of one machine: each a worker process with directories of its own. */
class Hosts {
  readonly #farm: BenchFarm;
  readonly #processes = new Map<string, ChildProcess>();

  constructor(farm: BenchFarm) {
    this.#farm = farm;
  }

  async start(name: string): Promise<void> {
    const { directory, secrets } = this.#farm;
    const secretFile = join(directory, `${name}.secret`);
    await writeFile(secretFile, secrets[name === 'one' ? 0 : 1] ?? '', { mode: 0o600 });
    const paths = `paths: { state: ${directory}/${name}/state, cache: ${directory}/${name}/cache, run: ${directory}/run }`;
    const worker = `worker: { name: ${name}, slots: 1, secretFile: ${secretFile} }`;
    const settings = this.#farm.settings(worker).replace(/^paths: .*$/m, paths);
    this.#processes.set(name, await this.#farm.start('worker', settings));
    await until(async () => (await this.#state(name)) === 'online', 20_000);
  }

  async kill(name: string): Promise<void> {
    // A host whose attempts fail one after the other would be quarantined, as it should.
    await this.#farm.client.resumeWorker({ params: { worker: name } });
    const child = this.#processes.get(name);
    if (child) await ended(child, 'SIGKILL');
  }

  /** Images and environments, made up, on every host. */
  async makeReady(): Promise<void> {
    const { client } = this.#farm;
    const params = { instance: 'default' };
    await finished(client, (await client.imageOperation({ params, body: { operation: 'create' } })).id);
    await finished(client, (await client.environmentOperation({ params, body: { operation: 'create' } })).id);
  }

  async #state(name: string): Promise<string | undefined> {
    return (await this.#farm.client.workers({})).workers.find((worker) => worker.name === name)?.state;
  }
}

async function emptyDefinition(): Promise<Uint8Array<ArrayBuffer>> {
  const archive = pack();
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Submits a build and waits until a host is in the midst of it. */
async function running(
  farm: BenchFarm,
  archive: Awaited<ReturnType<typeof uploadBytes>>,
): Promise<{ task: string; host: string }> {
  const { id: task } = await submit(farm.client, archive, ARTIFACT);
  const first = async () => (await attempts(farm, task))[0];
  await until(async () => (await first())?.phases.some(({ name }) => name === 'build') === true, 60_000);
  return { task, host: (await first())?.host ?? '' };
}

/** When the second attempt began, which follows from the loss of the first and nothing else. */
async function nextAttempt(farm: BenchFarm, task: string): Promise<number> {
  await until(async () => (await attempts(farm, task)).length > 1, 120_000);
  const [first, second] = await attempts(farm, task);
  if (!first?.cause?.message.includes('worker'))
    throw new Error(`the first attempt ended by: ${first?.cause?.message}`);
  return second?.began ?? Number.NaN;
}

async function attempts({ client }: BenchFarm, task: string) {
  return (await client.task({ params: { task } })).jobs.flatMap((job) => job.attempts);
}
