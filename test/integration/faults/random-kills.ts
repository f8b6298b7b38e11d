import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskDetail } from '@fatbuildr/domain';
import { expect } from 'vitest';
import { processesIn } from '../../e2e/left-behind.ts';
import { submit } from '../farm/submit.ts';
import { aptClient } from '../registry/apt-client.ts';
import { type KillableFarm, pause } from './killable-farm.ts';
import { PARTS, type ProcessFarm, startProcessFarm } from './process-farm.ts';
import { mulberry32 } from './seeded-random.ts';

export interface RandomKills {
  /** The same seed kills the same parts after the same waits. */
  seed: number;
  kills: number;
  tasks: number;
}

/**
 * Kills parts of a running farm at random moments while tasks are submitted, then checks that every task that was
 * accepted has ended, that each version was published once, that apt accepts the repository and that nothing is left.
 */
export async function expectNothingLost({ seed, kills, tasks }: RandomKills): Promise<void> {
  const farm = await startProcessFarm();
  try {
    const killing = killParts(farm, { kills, seed, rounds: [PARTS], pauseMs: [300, 2800] });
    const accepted = await submitAll(farm, tasks, kills);
    const killed = await killing;
    const ended = await endOfAll(farm, accepted);
    console.log(`seed ${seed}: killed ${killed.join(' ')}; ${tally(ended.map(({ outcome }) => `${outcome}`))}`);
    expectNoneLost(ended);
    await publishedOnce(farm);
    expect(await eventually(async () => (await readdir(join(farm.directory, 'cache/workspaces'))).length === 0)).toBe(
      true,
    );
    await farm.stop();
    expect(await processesIn(farm.directory)).toEqual([]);
  } finally {
    await farm.stop();
    await farm.remove();
  }
}

export interface Killing<Part extends string> {
  seed: number;
  kills: number;
  /** Sets of parts, taken in turn; of each all are killed, in an order that is shuffled. */
  rounds: readonly (readonly Part[])[];
  /** The shortest and the longest wait before a kill. */
  pauseMs: readonly [number, number];
}

/** Kills parts one after the other; gives their names. */
export async function killParts<Part extends string>(
  farm: KillableFarm<Part>,
  { seed, kills, rounds, pauseMs: [shortest, longest] }: Killing<Part>,
): Promise<Part[]> {
  const random = mulberry32(seed);
  const killed: Part[] = [];
  for (let round = 0; killed.length < kills; round++) {
    const left = [...(rounds[round % rounds.length] ?? [])];
    while (left.length > 0 && killed.length < kills) {
      const [part] = left.splice(Math.floor(random() * left.length), 1) as [Part];
      await pause(shortest + random() * (longest - shortest));
      await farm.kill(part);
      killed.push(part);
    }
  }
  return killed;
}

/** Spread over the time of the kills; every third build takes two seconds. Gives the ids of what was accepted. */
async function submitAll(farm: ProcessFarm, tasks: number, kills: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < tasks; number++) {
    const artifact = number % 3 === 0 ? `slow${number}` : `quick${number}`;
    const { id } = await farm.insist(() => submit(farm.client, { artifact }));
    ids.push(id);
    await pause((kills * 1200) / tasks);
  }
  return ids;
}

/**
 * The tasks that were accepted, as they ended. A submission whose answer was lost is a task too: it is not among them,
 * and has to end all the same.
 */
export async function endOfAll(farm: KillableFarm, accepted: readonly string[]): Promise<TaskDetail[]> {
  const ended: TaskDetail[] = [];
  for (const id of accepted) ended.push(await farm.ended(id, 180_000));
  for (const { id } of await allTasks(farm)) await farm.ended(id, 180_000);
  return ended;
}

/** No outcome but success, and for a few that three attempts were lost. */
export function expectNoneLost(ended: readonly TaskDetail[]): void {
  for (const { outcome } of ended) expect(['success', 'infrastructure-failure']).toContain(outcome);
  expect(ended.filter(({ outcome }) => outcome === 'success').length).toBeGreaterThan(ended.length / 2);
}

async function allTasks({ insist, client }: KillableFarm) {
  return everyPage(async (page) => {
    const { tasks, next } = await insist(() => client.tasks({ query: { limit: 100, ...page } }));
    return { items: tasks, next };
  });
}

async function allPackages({ client }: KillableFarm) {
  const params = { instance: 'default', format: 'deb' as const, distribution: 'bookworm' };
  return everyPage(async (page) => {
    const { packages, next } = await client.registry({ params, query: { limit: 100, ...page } });
    return { items: packages, next };
  });
}

async function everyPage<T>(
  read: (page: { cursor?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const { items, next } = await read({});
  let cursor = next;
  while (cursor !== null) {
    const page = await read({ cursor });
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

/**
 * The tasks that succeeded, the api's view and the repository that apt reads name the same versions, each once; of the
 * artifacts of which `isOurs` says so.
 */
export async function publishedOnce(farm: KillableFarm, isOurs = (_name: string) => true): Promise<void> {
  const built = (await allTasks(farm)).filter(
    ({ kind, outcome, artifact }) => kind === 'build' && outcome === 'success' && isOurs(`${artifact}`),
  );
  const expected = built.map(({ artifact, version }) => `${artifact} ${version}`).toSorted();
  expect(new Set(expected).size).toBe(expected.length);

  const viewed = (await allPackages(farm)).filter((one) => one.architecture !== 'source' && isOurs(one.name));
  expect(viewed.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(expected);

  const apt = await aptClient(await (await fetch(`${farm.url}/default/deb/bookworm.sources`)).text());
  try {
    expect(await apt.update()).not.toMatch(/^[WE]:/m);
    expect((await listed(apt.dir)).filter(isOurs).toSorted()).toEqual(expected);
  } finally {
    await apt.remove();
  }
}

/** Name and version of every stanza in the package lists that apt downloaded. */
async function listed(aptDirectory: string): Promise<string[]> {
  const lists = join(aptDirectory, 'var/lib/apt/lists');
  const found: string[] = [];
  for (const name of (await readdir(lists)).filter((file) => file.endsWith('_Packages'))) {
    const text = await readFile(join(lists, name), 'utf8');
    for (const stanza of text.split('\n\n').filter((part) => part.trim() !== '')) {
      found.push(`${/^Package: (.*)$/m.exec(stanza)?.[1]} ${/^Version: (.*)$/m.exec(stanza)?.[1]}`);
    }
  }
  return found;
}

export async function eventually(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await pause(100);
  }
  return true;
}

export function tally(words: string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
