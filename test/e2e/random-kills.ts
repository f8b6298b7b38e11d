import { expect } from 'vitest';
import { type KillableFarm, patientClient } from '../integration/faults/killable-farm.ts';
import {
  endOfAll,
  eventually,
  expectNoneLost,
  killParts,
  publishedOnce,
  type RandomKills,
  tally,
} from '../integration/faults/random-kills.ts';
import { until } from './farm.ts';
import { leftBehind } from './left-behind.ts';
import { definition } from './packages.ts';
import { farm } from './this-farm.ts';

/** fatbuildrd takes all others with it: it stands for the worker in every second round, that jobs may end at last. */
const ROUNDS = [
  ['redis', 'api', 'publisher', 'worker'],
  ['redis', 'api', 'publisher', 'fatbuildrd'],
] as const;
type Part = (typeof ROUNDS)[number][number];

/**
 * Kills processes of the farm at random moments while real packages are built, then checks that every task that was
 * accepted has ended, that each version was published once, that apt accepts the repository and that nothing is left.
 */
export async function expectNoBuildLost({ seed, kills, tasks }: RandomKills): Promise<void> {
  const killable: KillableFarm<Part> = {
    client: farm.client,
    url: farm.url,
    kill,
    ...patientClient(farm.client),
  };
  const prefix = `killed${seed}x`;
  const directories: string[] = [];
  for (let number = 0; number < tasks; number++) {
    directories.push(await definition({ name: `${prefix}${number}`, build: 'sleep 8' }));
  }

  const killing = killParts(killable, { seed, kills, rounds: ROUNDS, pauseMs: [1000, 9000] });
  const accepted: string[] = [];
  for (const directory of directories) {
    accepted.push(await killable.insist(() => farm.submit([directory, '-d', 'bookworm'])));
  }
  const killed = await killing;
  const ended = await endOfAll(killable, accepted);
  const attempts = ended.flatMap(({ jobs }) => jobs.flatMap((job) => job.attempts));
  const lost = attempts.filter(({ outcome }) => outcome !== 'success').length;
  const outcomes = tally(ended.map(({ outcome }) => `${outcome}`));
  console.log(`seed ${seed}: killed ${killed.join(' ')}; ${outcomes}, ${lost} attempts lost`);
  expectNoneLost(ended);
  await publishedOnce(killable, (name) => name.startsWith(prefix));
  const left = () =>
    leftBehind(
      farm.directory,
      attempts.map(({ id }) => id),
    );
  await eventually(async () => (await left()).length === 0);
  expect(await left()).toEqual([]);
}

async function kill(part: Part): Promise<void> {
  const find = async () => (await farm.processes())[part];
  await until(async () => (await find()) !== undefined, 120_000);
  const pid = await find();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  // nobody else does, as systemd would
  if (part === 'fatbuildrd') await farm.startDaemon();
}
