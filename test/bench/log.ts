import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Works } from '@fatbuildr/worker/src/jobs/job.ts';
import { startBenchFarm } from './farm.ts';
import type { ReaderOrder, ReaderResult } from './log-readers.ts';
import { cpuOf } from './processes.ts';
import { type Report, root } from './report.ts';
import { nothing, simulateWorker } from './simulated-worker.ts';
import { submit, uploadBytes } from './submissions.ts';
import { until } from './until.ts';

const BUILDS = 2;
const LINES_PER_SECOND = 1000;
const SECONDS = 20;
const READERS = 100;
const TICK_MS = 10;

/** How long a line takes from the build to who follows the log. */
export async function log(): Promise<Report> {
  const farm = await startBenchFarm({ workers: ['sim-1'] });
  const begin = Promise.withResolvers<void>();
  const worker = await simulateWorker(farm, {
    name: 'sim-1',
    secret: farm.secrets[0] ?? '',
    slots: BUILDS,
    build: talk(begin.promise),
  });
  const readers = fork(join(root, 'test/bench/log-readers.ts'), { serialization: 'advanced' });
  try {
    const archive = await uploadBytes(farm.client, 'definition.tar', Buffer.from('nobody reads this'));
    const attempts: string[] = [];
    for (let build = 0; build < BUILDS; build++) {
      const { id } = await submit(farm.client, archive, `talker-${build}`);
      const attempt = async () => (await farm.client.task({ params: { task: id } })).jobs[0]?.attempts[0]?.id;
      await until(async () => (await attempt()) !== undefined, 20_000);
      attempts.push((await attempt()) ?? '');
    }
    const uri = `unix://${farm.directory}/run/api.sock`;
    readers.send({ uri, attempts, readers: READERS } satisfies ReaderOrder);
    await once(readers, 'message');
    const cpu = await cpuOf(farm.pids.api);
    const began = performance.now();
    const ended = once(readers, 'message');
    begin.resolve();
    const [result] = (await ended) as [ReaderResult];
    const seconds = (performance.now() - began) / 1000;
    const cores = ((await cpuOf(farm.pids.api)) - cpu) / 1000 / seconds;
    const expected = READERS * LINES_PER_SECOND * SECONDS;
    if (result.lines !== expected) throw new Error(`${result.lines} of ${expected} lines arrived`);
    return {
      title: 'Log: from the build to who follows it',
      how:
        `${BUILDS} builds write ${LINES_PER_SECOND} lines a second each, in bursts every ${TICK_MS} ms, for ${SECONDS} s, into the worker's log, where a container's output goes; ` +
        `${READERS} readers in a process of their own follow them over WebSockets. A line carries the time it was written; every line at every reader counts.`,
      figures: [
        { name: 'latency, median', value: result.p50, unit: 'ms' },
        { name: 'latency, 95 of 100', value: result.p95, unit: 'ms', target: { below: 200 } },
        { name: 'latency, 99 of 100', value: result.p99, unit: 'ms' },
        { name: 'latency, longest', value: result.longest, unit: 'ms' },
        { name: 'lines delivered', value: result.lines / seconds, unit: '/s' },
        { name: 'processor of the api', value: cores, unit: 'cores' },
      ],
    };
  } finally {
    readers.kill();
    await worker.stop();
    await farm.stop();
  }
}

/** A build that writes lines of 80 bytes, each with the time it is written. */
function talk(begin: Promise<void>): Works['build-deb'] {
  const end = nothing(0);
  return async (job) => {
    await begin;
    const started = performance.now();
    let written = 0;
    while (written < LINES_PER_SECOND * SECONDS) {
      const due = Math.min(LINES_PER_SECOND * SECONDS, ((performance.now() - started) / 1000) * LINES_PER_SECOND);
      const now = Date.now();
      let burst = '';
      for (; written < due; written++) burst += `@${now} ${'x'.repeat(64)}\n`;
      if (burst !== '') job.log.output(Buffer.from(burst));
      await sleep(TICK_MS);
    }
    return end(job);
  };
}
