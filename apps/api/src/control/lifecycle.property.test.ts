import {
  type BuildOrder,
  type ClaimResponse,
  type HostReport,
  ProblemError,
  type ResultRequest,
} from '@fatbuildr/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostCapability, PUBLISHER } from './capabilities.ts';
import { dispatch } from './dispatcher.ts';
import { judge } from './leases.ts';
import { reconcile } from './reconciler.ts';
import type { AttemptCall, WorkerIdentity } from './services.ts';
import {
  failed,
  hostReport,
  local,
  packageOf,
  published,
  sha256Of,
  type TestControl,
  testControl,
} from './test-control.ts';

/** What can happen, each with a number that picks whom it happens to. */
const actions = [
  ...['submit', 'dispatch', 'claim', 'publisherClaim', 'heartbeat', 'wait', 'lapse', 'succeed', 'buildFails'],
  ...['hostFails', 'handback', 'close', 'commit', 'cancel', 'retry', 'restart', 'flush', 'reconcile'],
  // often, or histories would seldom come as far as a publication
  ...Array<'progress'>(15).fill('progress'),
] as const;
const history = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(1000)), {
  minLength: 30,
  maxLength: 60,
  size: 'max',
});

/** Mostly one of the last few, sometimes a very old one. */
function recent<T>(all: readonly T[], pick: number): T | undefined {
  return pick % 5 === 4 ? all[pick % all.length] : all.at(-1 - (pick % 2));
}

type Call = AttemptCall & ClaimResponse;

const ARCHITECTURES = ['amd64', 'arm64'];

/** Every host builds for both architectures. */
function report(name: string): HostReport {
  const { trees, ...rest } = hostReport(name);
  const further = trees.flatMap((tree) =>
    tree.kind === 'environment' ? [{ ...tree, architecture: 'arm64', name: 'default/deb/bookworm-arm64' }] : [],
  );
  return { ...rest, trees: [...trees, ...further], architectures: ARCHITECTURES };
}

/** A farm, what its hosts remember (stale calls too), and what was seen to happen. */
class World {
  readonly farm: TestControl;
  readonly workers: WorkerIdentity[];
  readonly started: number;
  readonly tasks: string[] = [];
  readonly calls: Call[] = [];
  readonly cancelled = new Set<string>();
  /** Fences that were allowed to move the head, by task. */
  readonly commits = new Map<string, number[]>();
  /** Publications that the farm took for done, by task. */
  readonly publications = new Map<string, number>();
  readonly archive;

  constructor(farm: TestControl, workers: WorkerIdentity[], archive: Awaited<ReturnType<TestControl['upload']>>) {
    this.farm = farm;
    this.workers = workers;
    this.archive = archive;
    this.started = farm.context.clock();
  }

  async step(action: string, pick: number): Promise<void> {
    const call = recent(this.calls, pick);
    const task = recent(this.tasks, pick);
    const { attempts } = this.farm;
    const run: Record<string, () => Promise<unknown>> = {
      submit: () => this.submit(pick),
      progress: () => this.progress(pick),
      dispatch: () => dispatch(this.farm.context),
      claim: () => this.claim(this.workers[pick % this.workers.length] as WorkerIdentity),
      publisherClaim: () => this.claim(this.farm.publisher),
      heartbeat: async () => call && this.asHolder(call, () => attempts.heartbeat(call)),
      wait: async () => this.farm.advance(pick * 5),
      lapse: () => this.lapse(),
      succeed: async () => call && this.succeed(call),
      buildFails: async () => call && this.asHolder(call, () => attempts.result(call, failed('build-failure'))),
      hostFails: async () => call && this.asHolder(call, () => attempts.result(call, failed('infrastructure-failure'))),
      handback: async () => call && this.asHolder(call, () => attempts.handback(call)),
      close: async () => call && attempts.close(call),
      commit: async () => call && this.commit(call),
      cancel: async () => task && this.cancel(task),
      retry: async () => task && this.tasks.push((await this.farm.submissions.retry(task, local)).id),
      restart: () => this.restart(pick),
      flush: async () => this.farm.tickets.queues.clear(),
      reconcile: () => reconcile(this.farm.context),
    };
    await this.attempt(run[action] as () => Promise<unknown>);
  }

  /** A refusal is an answer; anything else that is thrown is a fault of ours. */
  async attempt(act: () => Promise<unknown>): Promise<void> {
    await act().catch((error: unknown) => {
      if (!(error instanceof ProblemError)) throw error;
    });
  }

  /** What a farm does when nothing goes wrong, as far as `pick` says. */
  async progress(pick: number): Promise<void> {
    const course = ['dispatch', 'publisherClaim', 'claim', 'commit', 'succeed', 'close'];
    for (const action of course.slice(0, 3 + (pick % 4))) await this.step(action, 0);
  }

  async submit(pick: number): Promise<void> {
    const source = { kind: 'definition' as const, archive: this.archive, sources: [] };
    const submitter = { name: `Packager ${pick % 3}`, email: 'p@example.org' };
    const architectures = pick % 3 === 0 ? ARCHITECTURES : ['amd64'];
    this.tasks.push((await this.farm.build({ source, submitter, priority: pick % 2, architectures })).id);
  }

  async claim(by: WorkerIdentity): Promise<void> {
    const builds = ARCHITECTURES.map((architecture) => `default.deb.${architecture}`);
    const queues = by.publisher ? [PUBLISHER] : [...builds, hostCapability(by.id)];
    const job = queues.map((queue) => this.farm.tickets.draw(queue)).find((drawn) => drawn !== undefined);
    if (job === undefined) return;
    this.calls.push({ ...(await this.farm.attempts.claim(by, job)), worker: by });
  }

  async lapse(): Promise<void> {
    this.farm.advance(31_000);
    await judge(this.farm.context, this.started);
  }

  async restart(pick: number): Promise<void> {
    const worker = [...this.workers, this.farm.publisher][pick % (this.workers.length + 1)] as WorkerIdentity;
    await this.farm.workers.register(worker, { ...report(worker.name), liveAttempts: [] });
  }

  async cancel(task: string): Promise<void> {
    await this.farm.tasks.cancel(task, local);
    expect(this.commits.has(task), 'no cancel after a commit').toBe(false);
    this.cancelled.add(task);
  }

  /** Only an attempt that nobody took away may say anything. */
  async asHolder(call: AttemptCall, say: () => Promise<void>): Promise<void> {
    const { attempt } = await this.farm.tasks.attempt(call.attempt);
    await say();
    expect(attempt.logClosed, 'a closed attempt is not listened to').toBe(false);
  }

  async commit(call: AttemptCall): Promise<void> {
    const task = await this.taskOf(call);
    await this.asHolder(call, () => this.farm.attempts.commit(call));
    expect(this.cancelled.has(task), 'no commit after a cancel').toBe(false);
    const fences = this.commits.get(task) ?? [];
    expect(
      fences.every((fence) => fence <= call.fence),
      'no commit by an attempt that was lost',
    ).toBe(true);
    this.commits.set(task, [...fences, call.fence]);
  }

  async succeed(call: Call): Promise<void> {
    const task = await this.taskOf(call);
    const before = await this.farm.state(task);
    const result = await this.success(call);
    await this.asHolder(call, () => this.farm.attempts.result(call, result));
    if (!call.worker.publisher || before === 'success' || (await this.farm.state(task)) !== 'success') return;
    this.publications.set(task, (this.publications.get(task) ?? 0) + 1);
  }

  async success(call: Call): Promise<ResultRequest> {
    if (call.worker.publisher) {
      const { version } = await this.farm.tasks.get(await this.taskOf(call));
      await this.farm.tell([packageOf('hello', version ?? '')]);
      return published();
    }
    const { architecture, part } = call.order as BuildOrder;
    const full =
      part === 'binaries'
        ? ((await this.farm.tasks.get(await this.taskOf(call))).version ?? '')
        : (await this.farm.attempts.reserveVersion(call, { name: 'hello', main: '2.10', release: '1' })).full;
    const { stores } = this.farm.database;
    const binaries = [`hello_${full}_${architecture}.deb`, `hello_${full}_${architecture}.changes`];
    const names = [...(part === 'binaries' ? [] : [`hello_${full}.dsc`]), ...(part === 'source' ? [] : binaries)];
    const files = names.map((name) => ({ name, sha256: sha256Of(name), size: 1 }));
    for (const file of files) {
      await stores.blobs.add({ sha256: file.sha256, size: file.size, created: 0 });
      await stores.results.putAttemptFile(call.attempt, file);
    }
    return {
      outcome: 'success',
      cause: null,
      build: { source: { name: 'hello', version: full }, files },
      publication: null,
    };
  }

  async taskOf(call: AttemptCall): Promise<string> {
    return (await this.farm.tasks.attempt(call.attempt)).task.id;
  }

  /** What holds at every moment. */
  async check(): Promise<void> {
    const versions: string[] = [];
    for (const id of this.tasks) {
      const task = await this.farm.tasks.get(id);
      const open = task.jobs.filter((job) => job.state !== 'done');
      expect(open.length > 0, `task ${task.state} has work left exactly while it is not done`).toBe(
        task.state !== 'done',
      );
      expect(task.outcome !== null).toBe(task.state === 'done');
      for (const job of task.jobs) {
        const unfinished = job.attempts.filter((attempt) => attempt.outcome === null).length;
        expect(unfinished, `a ${job.state} job has its one attempt`).toBe(job.state === 'running' ? 1 : 0);
      }
      if (this.cancelled.has(id)) expect(task.outcome).toBe('cancelled');
      expect(this.publications.get(id) ?? 0).toBeLessThanOrEqual(1);
      if (task.outcome === 'success' || task.state === 'publishing') versions.push(task.version ?? '');
    }
    expect(new Set(versions).size, 'no version twice').toBe(versions.length);
  }

  /** Redis loses everything once more, and from here on all goes well: every task must come to its end. */
  async drain(): Promise<void> {
    this.farm.tickets.queues.clear();
    for (let round = 0; round < 20 * this.tasks.length + 20; round++) {
      const states = await Promise.all(this.tasks.map((task) => this.farm.state(task)));
      if (!states.some((state) => ['queued', 'running', 'publishing'].includes(state))) return;
      for (const worker of [...this.workers, this.farm.publisher])
        await this.farm.workers.report(worker, report(worker.name));
      await reconcile(this.farm.context);
      await dispatch(this.farm.context);
      for (const worker of [...this.workers, this.farm.publisher]) {
        await this.step(worker.publisher ? 'publisherClaim' : 'claim', this.workers.indexOf(worker));
      }
      for (const [index] of this.calls.entries())
        for (const action of ['succeed', 'close']) await this.step(action, index);
      this.farm.advance(11_000);
      await judge(this.farm.context, this.started);
    }
    expect.fail('a task never came to its end');
  }
}

test('whatever happens, no task is lost, published twice or published after it was cancelled', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const farm = await testControl();
      try {
        const one = await farm.ready();
        await farm.worker('one', report('one'));
        const world = new World(farm, [one, await farm.worker('two', report('two'))], await farm.upload());
        for (const [action, pick] of steps) {
          await world.step(action, pick);
          await world.check();
        }
        await world.drain();
        await world.check();
      } finally {
        await farm.close();
      }
    }),
    { numRuns: 25 },
  );
});
