import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { IngestedPackage } from '@fatbuildr/registry';
import { expect } from 'vitest';
import { aptClient } from '../registry/apt-client.ts';
import { dnf } from '../registry/dnf-client.ts';
import { type ServedOptions, servedRegistry } from '../registry/farm.ts';
import { seenOverHttp } from '../registry/http-client.ts';
import { servedRpmRegistry } from '../registry/rpm-farm.ts';

export interface RaceOptions extends Pick<ServedOptions, 'server'> {
  format: 'deb' | 'rpm';
  seconds: number;
  /** How long replaced files stay: longer than any client takes, so that nothing excuses a failure. */
  graceMs: number;
  /** Clients that are apt or dnf, and those that try each file once only. */
  clients: number;
  singleTriers: number;
}

/** Between two collections, and two rounds of a client; RPM publications are dated a second apart. */
const PAUSE_MS = { collect: 300, client: 50, publish: { deb: 100, rpm: 1000 } };
/** Packages that come and go, each in versions of its own. */
const SOMETIMES = 4;

/** What happened meanwhile. */
export interface RaceReport {
  publications: number;
  /** Of publications, that were collected meanwhile. */
  collected: number;
  /** Rounds of clients that saw what is always there, by kind. */
  seen: number;
  seenAtOnce: number;
  failures: string[];
}

/**
 * One repository is published to, deleted from, promoted within and collected without a pause that a client could use,
 * while clients read it over HTTP, each verifying all that it is given: `always` must be there each time.
 */
export async function race({
  format,
  seconds,
  graceMs,
  clients,
  singleTriers,
  server,
}: RaceOptions): Promise<RaceReport> {
  await using stack = new AsyncDisposableStack();
  const options = { judged: false, ...(server ? { server } : {}) };
  const farm = format === 'deb' ? await servedRegistry(options) : await servedRpmRegistry(options);
  stack.defer(() => farm.close());
  const ingest = (name: string): Promise<IngestedPackage[]> => farm.ingest({ name, version: '1' });
  await farm.publish(await ingest('always'));
  const sometimes = await Promise.all(Array.from({ length: SOMETIMES }, (_, index) => ingest(`sometimes${index}`)));

  const report: RaceReport = { publications: 0, collected: 0, seen: 0, seenAtOnce: 0, failures: [] };
  const end = Date.now() + seconds * 1000;
  const untilOver = async (pause: number, work: () => Promise<void>) => {
    while (Date.now() < end) {
      await work().catch((error: unknown) =>
        report.failures.push(error instanceof Error ? error.message : String(error)),
      );
      await setTimeout(pause);
    }
  };
  const change = async (work: () => Promise<unknown>) => {
    await work();
    report.publications += 1;
    await setTimeout(PAUSE_MS.publish[format]);
  };
  let round = 0;
  const publishing = untilOver(0, async () => {
    const packages = sometimes[round % SOMETIMES] as IngestedPackage[];
    const selectors = packages.slice(0, 1).map(({ name }) => ({ name }));
    const from = { distribution: farm.repository.distribution, derivative: 'main', selectors };
    const { registry, repository } = farm;
    round += 1;
    await change(() => farm.publish(packages));
    await change(() => registry.promote({ repository, from, derivative: 'extra', task: `promote${round}` }));
    await change(() => farm.publish([], { changes: { remove: selectors } }));
  });
  const collecting = untilOver(PAUSE_MS.collect, async () => {
    const request = { instance: farm.repository.instance, graceMs, keepPublications: 1, dryRun: false };
    report.collected += (await farm.registry.collect(request)).publications;
  });

  const reading = Array.from({ length: clients }, async () => {
    const seesIt = format === 'deb' ? await aptReader(stack, farm) : await dnfReader(farm);
    await untilOver(PAUSE_MS.client, async () => {
      expect(await seesIt()).toContain('always');
      report.seen += 1;
    });
  });
  const readingAtOnce = Array.from({ length: singleTriers }, () =>
    untilOver(PAUSE_MS.client, async () => {
      const seen = await seenOverHttp(farm.repository, 'main', farm.keyring);
      expect(seen.map((each) => each.split(' ')[0])).toContain('always');
      report.seenAtOnce += 1;
    }),
  );
  await Promise.all([publishing, collecting, ...reading, ...readingAtOnce]);
  await farm.judge();
  return report;
}

/** Of apt the exit status counts, any error being one; and what it knows. */
async function aptReader(
  stack: AsyncDisposableStack,
  farm: Awaited<ReturnType<typeof servedRegistry>> | Awaited<ReturnType<typeof servedRpmRegistry>>,
): Promise<() => Promise<string[]>> {
  const sources = await (await fetch(`${farm.repository.baseUrl}/default/deb/bookworm.sources`)).text();
  const client = await aptClient(sources);
  stack.defer(() => client.remove());
  return async () => {
    await client.update();
    return (await client.run('apt-cache', 'pkgnames')).split('\n');
  };
}

/** dnf ends well without a repository too: what counts is what it sees. */
async function dnfReader(farm: { dir: string; paths: { tree: string } }): Promise<() => Promise<string[]>> {
  const root = await mkdtemp(join(farm.dir, 'dnf-'));
  return async () => {
    await dnf(farm, root, 'makecache', '--refresh');
    return (await dnf(farm, root, 'repoquery', '--cacheonly', '--quiet', '--queryformat', '%{name}')).split('\n');
  };
}

/** Nothing failed, and there was something to fail at. */
export function expectNoFailure(report: RaceReport, least: Omit<RaceReport, 'failures'>): void {
  console.log(JSON.stringify(report));
  expect(report.failures).toEqual([]);
  const { failures: _, ...happened } = report;
  const scarce = Object.entries(happened).filter(([what, count]) => count < least[what as keyof typeof least]);
  expect(scarce).toEqual([]);
}
