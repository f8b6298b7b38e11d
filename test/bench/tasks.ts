import { type BenchFarm, startBenchFarm } from './farm.ts';
import { cpuOf } from './processes.ts';
import { type Figure, median, medianOf, type Report } from './report.ts';
import { nothing, simulateWorker } from './simulated-worker.ts';
import { submitMany, uploadBytes } from './submissions.ts';
import { until } from './until.ts';

const COUNTS = [1, 2, 4, 8];
/** Tasks of one measurement of throughput, and how often it is made after one that warms up. */
const TASKS = 1000;
const ROUNDS = 3;
/** What a job takes where scaling is measured, ms, and jobs for each worker. */
const JOB_MS = 50;
const JOBS = 40;

/** Tasks per second from submission to end, and how workers add up. */
export async function tasks(): Promise<Report> {
  const names = Array.from({ length: Math.max(...COUNTS) }, (_, index) => `sim-${index + 1}`);
  const options = process.env['BENCH_API_OPTIONS']?.split(' ') ?? [];
  const farm = await startBenchFarm({ workers: names, apiOptions: options });
  try {
    await throughput(farm);
    const rates: Throughput[] = [];
    for (let round = 0; round < ROUNDS; round++) rates.push(await throughput(farm));
    const scaling = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const count of COUNTS) scaling.get(count)?.push(await scaled(farm, count));
    }
    const one = median(scaling.get(1) ?? []);
    return {
      title: 'Tasks: from submission to end',
      how:
        `A build that ends at once without a package: submitted over the administrator's socket by 8 clients, ticket through Redis, ` +
        `claim, log, result and close over HTTP. Api, Redis and publisher are processes of their own, workers and clients share this one. ` +
        `Throughput: ${TASKS} tasks, 4 workers with 4 slots, first submission to last end, after as many that warm up. ` +
        `Scaling: jobs of ${JOB_MS} ms in one slot each, ${JOBS} for each worker, submitted before.`,
      figures: [
        medianOf(
          'no-op tasks',
          '/s',
          rates.map(({ rate }) => rate),
          { atLeast: 300 },
        ),
        ...PARTS.map((who) =>
          medianOf(
            `processor time for a task, ${who}`,
            'ms',
            rates.map(({ cpu }) => cpu[who] / TASKS),
          ),
        ),
        ...[...scaling].map(([count, samples]) => medianOf(`${count} workers, ${JOB_MS} ms jobs`, '/s', samples)),
        ...[...scaling].slice(1).map(
          ([count, samples]): Figure => ({
            name: `${count} workers ÷ one`,
            value: median(samples) / one,
            unit: '',
            ...(count === 4 && { target: { atLeast: 3.6 } }),
          }),
        ),
      ],
    };
  } finally {
    await farm.stop();
  }
}

const PARTS = ['api', 'workers and clients', 'Redis'] as const;
/** Processor time, ms. */
type Cpu = Record<(typeof PARTS)[number], number>;

interface Throughput {
  /** Tasks per second. */
  rate: number;
  /** For all tasks. */
  cpu: Cpu;
}

async function throughput(farm: BenchFarm): Promise<Throughput> {
  const archive = await uploadBytes(farm.client, 'definition.tar', Buffer.from('nobody reads this'));
  const workers = await start(farm, 4, 4, 0);
  try {
    const before = await cpuSoFar(farm);
    const began = performance.now();
    await submitMany(farm.client, archive, TASKS);
    await until(() => total(workers) === TASKS, 300_000, 5);
    const took = performance.now() - began;
    const cpu = await cpuSoFar(farm);
    for (const part of PARTS) cpu[part] -= before[part];
    return { rate: (TASKS / took) * 1000, cpu };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

async function cpuSoFar({ pids }: BenchFarm): Promise<Cpu> {
  return {
    api: await cpuOf(pids.api),
    'workers and clients': await cpuOf(process.pid),
    Redis: await cpuOf(pids.redis),
  };
}

/** Jobs per second of `count` workers while there are always some waiting. */
async function scaled(farm: BenchFarm, count: number): Promise<number> {
  const archive = await uploadBytes(farm.client, 'definition.tar', Buffer.from('nobody reads this'));
  await submitMany(farm.client, archive, JOBS * count);
  const workers = await start(farm, count, 1, JOB_MS);
  try {
    await until(() => total(workers) >= count, 30_000, 5);
    const before = total(workers);
    const began = performance.now();
    await until(() => total(workers) >= (JOBS - 2) * count, 300_000, 5);
    return ((total(workers) - before) / (performance.now() - began)) * 1000;
  } finally {
    await until(() => total(workers) === JOBS * count, 60_000, 5);
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function start(farm: BenchFarm, count: number, slots: number, ms: number) {
  return Promise.all(
    farm.secrets
      .slice(0, count)
      .map((secret, index) => simulateWorker(farm, { name: `sim-${index + 1}`, secret, slots, build: nothing(ms) })),
  );
}

function total(workers: readonly { done: number }[]): number {
  return workers.reduce((sum, { done }) => sum + done, 0);
}
