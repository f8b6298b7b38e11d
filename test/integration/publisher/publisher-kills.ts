import { setTimeout as pause } from 'node:timers/promises';
import { openRegistry, type Repository } from '@fatbuildr/registry';
import { openKeyring } from '@fatbuildr/signing';
import type { SyntheticPackage } from '@fatbuildr/testing/synthetic';
import { writeDebs } from '@fatbuildr/testing/synthetic-deb';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import { expect } from 'vitest';
import { tally } from '../faults/random-kills.ts';
import { mulberry32 } from '../faults/seeded-random.ts';
import { judgeApt } from '../registry/judge-apt.ts';
import { judgeRpm } from '../registry/judge-rpm.ts';
import { type Client, startClient } from './atomic-client.ts';
import { repositories, startBothFormats } from './both-formats.ts';
import type { SeenJob } from './fake-api.ts';
import { storeBlobs } from './packages.ts';
import type { PublisherFarm } from './publisher-farm.ts';

type Format = keyof typeof repositories;
const FORMATS = ['deb', 'rpm'] as const;
const WRITERS = { deb: writeDebs, rpm: writeRpms };
/** How often it is killed while it starts, and how late then. */
const WHILE_STARTING = 0.2;
const STARTING_MS = 1_200;
/** How often it is killed soon after a job begins a phase, since some are short; and how soon. */
const IN_A_PHASE = 0.7;
const PHASES = ['ingest', 'index', 'sign', 'verify', 'publish'];
const SOON_MS = 40;

export interface PublisherKills {
  /** The same seed kills after the same waits. */
  seed: number;
  kills: number;
  /** No kill comes later than this after the first. */
  withinMs: number;
  /** Both formats are judged after each kill, not one of them in turn. */
  judgeBoth: boolean;
}

/** A submission of two packages of one version. */
interface Submitted {
  name: string;
  job: SeenJob;
  over: boolean;
}

/**
 * Kills the publisher's process at random moments while packages of both formats are published: while it works, and
 * while it starts. Clients that look all the time see the old repository or the new one; what was reported is there; the
 * next process finishes the work, and apt, dnf, apt-ftparchive and createrepo_c find nothing to complain of in it; nothing
 * is lost or published twice.
 */
export async function expectPublisherSurvives({ seed, kills, withinMs, judgeBoth }: PublisherKills): Promise<void> {
  const farm = await startBothFormats();
  const random = mulberry32(seed);
  const clients = await startClients(farm);
  const submitted: Record<Format, Submitted[]> = { deb: [], rpm: [] };
  const moments: string[] = [];
  try {
    const submitTo = async (format: Format) => {
      const name = `p${submitted[format].length}`;
      submitted[format].push(await submit(farm, format, name));
    };
    const settled = async () => {
      for (const format of FORMATS) {
        for (const { job } of unfinished(submitted[format])) {
          expect(await job.over, `its log:\n${job.log}`).toMatchObject({ outcome: 'success', cause: null });
        }
        await expectSeen(clients[format], submitted[format], () => true);
      }
    };
    const start = performance.now();
    await Promise.all(FORMATS.map(submitTo));
    await settled();
    const working = performance.now() - start;

    while (moments.length < kills && performance.now() - start < withinMs) {
      for (const format of FORMATS) for (let more = 0; more < 1 + random() * 2; more++) await submitTo(format);
      if (random() < IN_A_PHASE) await begun(submitted, PHASES[Math.floor(random() * PHASES.length)] as string);
      else await pause(random() * working);
      await pause(random() * SOON_MS);
      moments.push(momentOf(submitted));
      for (;;) {
        await farm.publisher.stop('SIGKILL');
        for (const format of FORMATS) await expectSeen(clients[format], submitted[format], ({ over }) => over);
        if (random() > WHILE_STARTING) break;
        farm.begin();
        await pause(random() * STARTING_MS);
        moments.push('starting');
      }
      await farm.restart();
      await settled();
      await judge(farm, judgeBoth ? FORMATS : [FORMATS[moments.length % 2] as Format]);
    }
    expect(moments.length).toBeGreaterThan(0);
    await judge(farm, FORMATS);
    for (const format of FORMATS) await clients[format].stop();
    await farm.publisher.stop('SIGTERM');
    expectPublishedOnce(farm, submitted);
    console.log(`seed ${seed}: ${moments.length} kills, at ${tally(moments)}`);
  } finally {
    for (const format of FORMATS) await clients[format].stop().catch(() => {});
    await farm.close();
  }
}

function repositoryOf(farm: PublisherFarm, format: Format): Repository {
  const common = { instance: 'default', derivatives: ['main', 'extra'], baseUrl: farm.url };
  if (format === 'rpm') return { ...common, format, distribution: 'el9', architectures: ['x86_64'] };
  return { ...common, format, distribution: 'bookworm', architectures: ['amd64'], origin: '', label: '' };
}

async function startClients(farm: PublisherFarm): Promise<Record<Format, Client>> {
  const keyring = await openKeyring(farm.within('state/keyrings/default'), Date.now);
  const client = (format: Format) => startClient(repositoryOf(farm, format), keyring);
  return { deb: client('deb'), rpm: client('rpm') };
}

async function submit(farm: PublisherFarm, format: Format, name: string): Promise<Submitted> {
  const built = await WRITERS[format](
    farm.within('built'),
    [name, `${name}-data`].map((each) => recipe(each)),
  );
  const files = await storeBlobs(
    farm.within('state/blobs'),
    built.map(({ path }) => path),
  );
  const repository = repositories[format];
  const job = await farm.api.submit({ kind: 'publish', instance: 'default', repository, derivative: 'main', files });
  const submitted = { name, job, over: false };
  void job.over.then(() => {
    submitted.over = true;
  });
  return submitted;
}

function recipe(name: string): SyntheticPackage {
  return {
    ...{
      name,
      version: '1.0-1',
      independent: false,
      section: 'misc',
      summary: 'made by a test',
      homepage: 'https://x/',
    },
    ...{ description: ['Made by a test.'], depends: [], recommends: [], provides: [] },
    files: [{ path: `usr/share/${name}/data`, content: Buffer.from(`${name}\n`) }],
  };
}

/** What a client sees now is whole submissions, of which none is missing that `due` says is there. */
async function expectSeen(client: Client, all: Submitted[], due: (each: Submitted) => boolean): Promise<void> {
  const needed = all.filter(due).map(({ name }) => name);
  const seen = await client.look();
  expect(seen).toEqual(expect.arrayContaining(needed));
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(seen));
}

async function judge(farm: PublisherFarm, formats: readonly Format[]): Promise<void> {
  const tree = farm.within('registry');
  for (const format of formats) {
    const repository = repositoryOf(farm, format);
    if (repository.format === 'rpm') await judgeRpm(tree, repository);
    else await judgeApt({ tree, ...repository });
  }
}

/** What the publisher is doing, by its last word on each job that is not over. */
function momentOf(submitted: Record<Format, Submitted[]>): string {
  const words = FORMATS.flatMap((format) => unfinished(submitted[format])).map(({ job }) => job.phases.at(-1));
  return words.find((word) => word !== undefined) ?? (words.length > 0 ? 'waiting' : 'idle');
}

/** Fulfilled once a job that is not over is in a phase, or all are over. */
async function begun(submitted: Record<Format, Submitted[]>, phase: string): Promise<void> {
  for (;;) {
    const jobs = FORMATS.flatMap((format) => unfinished(submitted[format]));
    if (jobs.length === 0 || jobs.some(({ job }) => job.phases.at(-1) === `begin ${phase}`)) return;
    await pause(2);
  }
}

function unfinished(submitted: Submitted[]): Submitted[] {
  return submitted.filter(({ over }) => !over);
}

/** Each task made one publication of each package, as the registry and as what the api was told have it. */
function expectPublishedOnce(farm: PublisherFarm, submitted: Record<Format, Submitted[]>): void {
  const registry = openRegistry({
    tree: farm.within('registry'),
    database: farm.within('state/publisher/registry.db'),
    signerFor: () => Promise.reject(new Error('nothing is signed here')),
  });
  try {
    for (const format of FORMATS) {
      const repository = repositoryOf(farm, format);
      const jobs = submitted[format].map(({ job }) => job);
      const made = registry.publications({ ...repository, limit: 10_000 });
      expect(made.flatMap(({ tasks }) => tasks).toSorted()).toEqual(jobs.map(({ task }) => task).toSorted());
      const names = submitted[format].flatMap(({ name }) => [name, `${name}-data`]).toSorted();
      expect(registry.list(repository).map(({ name }) => name)).toEqual(names);
      const told = farm.api.told.filter(({ distribution }) => distribution === repository.distribution);
      expect(told.flatMap(({ added }) => added.map(({ name }) => name)).toSorted()).toEqual(names);
      expect(jobs.map(({ results }) => results.length)).toEqual(jobs.map(() => 1));
    }
  } finally {
    registry.close();
  }
}
