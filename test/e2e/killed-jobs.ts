import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually, tally } from '../integration/faults/random-kills.ts';
import { mulberry32 } from '../integration/faults/seeded-random.ts';
import type { Typist } from '../integration/terminal/typist.ts';
import { until } from './farm.ts';
import { attemptsOf, leftBehind, mountsBelow, processesIn } from './left-behind.ts';
import { sourcePackage } from './packages.ts';
import { rpmDefinition } from './rpm/packages.ts';
import { farm } from './this-farm.ts';

/** A job under way: its task, and who sits at its terminal. */
interface Job {
  task: string;
  user?: Typist;
}

const LONG = `(setsid sh -c 'trap "" TERM HUP; sleep 86413' &) ; sleep 86413`;

/** Ways to have a build host at work, each for hours. */
const BEGIN = {
  async deb(name) {
    return { task: await farm.submit([await sourcePackage({ name, build: LONG }), '-d', 'bookworm']) };
  },
  async rpm(name) {
    const directory = await rpmDefinition({ name, build: LONG });
    return { task: await farm.submit([directory, '--instance', 'rpms', '-d', 'el9']) };
  },
  'shell in an image': () => atTerminal('images', 'shell', '-f', 'rpm'),
  'shell in an environment': () => atTerminal('images', 'env-shell', '-d', 'bookworm'),
  async 'shell in a failed build'(name) {
    const dsc = await sourcePackage({ name, build: 'false' });
    return atTerminal('build', dsc, '-d', 'bookworm', '--interactive');
  },
} as const satisfies Record<string, (name: string) => Promise<Job>>;

/** Ways that it may come to an end which it does not expect. */
const KILL = {
  /** A task that has ended meanwhile says so. */
  cancel: ({ task }) => farm.ctl(['cancel', task]),
  async 'kill the worker'() {
    await until(async () => (await farm.processes()).worker !== undefined, 60_000);
    process.kill((await farm.processes()).worker ?? 0, 'SIGKILL');
  },
  async 'kill its processes'({ task }) {
    const { jobs } = await farm.task(task);
    const ids = jobs.flatMap(({ attempts }) => attempts.map(({ id }) => id));
    for (const found of await processesIn(farm.directory, (text) => ids.some((id) => text.includes(id)))) {
      kill(Number(/^process (\d+)/.exec(found)?.[1]));
    }
  },
  'close the window': async ({ user }) => user?.vanish(),
} as const satisfies Record<string, (job: Job) => Promise<unknown>>;

async function atTerminal(...words: string[]): Promise<Job> {
  const user = farm.atTerminal(words);
  await user.sees(/Task \w+: /, 60_000);
  user.type('trap "" HUP TERM; sleep 86413 &\r');
  return { task: /Task (\w+): /.exec(user.screen())?.[1] ?? '', user };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Begins builds and shells, two at a time, and ends each at a random moment in a random way. Then everything is
 * cancelled, and of none of them may a process, mount, network or workspace be left.
 */
export async function expectNothingLeft({ seed, jobs }: { seed: number; jobs: number }): Promise<void> {
  const random = mulberry32(seed);
  const oneOf = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T;
  const kinds = Object.keys(BEGIN) as (keyof typeof BEGIN)[];
  const ends = Object.keys(KILL) as (keyof typeof KILL)[];
  const plan = Array.from({ length: jobs }, (_, number) => {
    const begin = kinds[number % kinds.length] ?? 'deb';
    const end = oneOf(begin.startsWith('shell') ? ends : ends.filter((one) => one !== 'close the window'));
    return { name: `left${seed}x${number}`, begin, end, afterMs: 500 + random() * 8000 };
  });
  const begun: Job[] = [];
  async function run(): Promise<void> {
    for (let next = plan.shift(); next; next = plan.shift()) {
      const job = await BEGIN[next.begin](next.name);
      begun.push(job);
      await sleep(next.afterMs);
      await KILL[next.end](job);
    }
  }
  const told = tally(plan.map(({ begin, end }) => `${begin}: ${end}`));
  await Promise.all([run(), run()]);
  for (const { task, user } of begun) {
    await KILL.cancel({ task });
    await until(async () => (await farm.task(task)).state === 'done', 60_000);
    user?.vanish();
  }
  console.log(`seed ${seed}: ${told}`);
  const attempts = await attemptsOf(farm.client);
  const left = async () => [
    ...(await leftBehind(farm.directory, attempts)),
    ...(await readdir(`${farm.directory}/cache/workspaces`)),
    ...(await mountsBelow(`${farm.directory}/cache/workspaces`)),
    ...(await processesIn(`${farm.directory}/cache/workspaces`)),
  ];
  await eventually(async () => (await left()).length === 0);
  expect(await left()).toEqual([]);
}
