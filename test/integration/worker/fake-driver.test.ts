import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '@fatbuildr/domain';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildOrder, environmentOrder, imageOrder, limits } from './orders.ts';
import { startTestWorker, type TestWorker } from './test-worker.ts';

let farm: TestWorker;

beforeEach(async () => {
  farm = await startTestWorker({ driver: 'fake', slots: 2 });
});
afterEach(() => farm.stop());

async function definition(text = 'version: "2.0"\ndeb: {release: 3}\n') {
  const tar = pack();
  tar.entry({ name: 'artifact.yml' }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  const archive = await farm.api.addText('definition.tar', Buffer.concat(chunks));
  return { kind: 'definition' as const, archive, sources: [] };
}

async function run(order: Parameters<TestWorker['api']['submit']>[0]) {
  const attempt = await farm.api.submit(order);
  await attempt.closed;
  return attempt;
}

test('a second worker on the same directories is refused and disturbs nothing', async () => {
  const unfinished = join(farm.state, 'images', 'deb', '.new-20260101T000000000Z-abcdef', 'tree');
  await mkdir(unfinished, { recursive: true });
  await expect(startTestWorker({ driver: 'fake', kept: farm.state })).rejects.toThrow(
    /A worker already runs here as process \d+ .* use another paths.state/,
  );
  expect(await readdir(unfinished)).toEqual([]);
});

test('a build without image or environment says how to make them', async () => {
  const source = await definition();
  const first = await run(buildOrder(source));
  expect(first.result).toMatchObject({
    outcome: 'infrastructure-failure',
    cause: { hint: expect.stringContaining('images create') },
  });
  await run(imageOrder());
  const second = await run(buildOrder(source));
  expect(second.result?.cause?.hint).toContain('env-create');
});

describe('with image and environment', () => {
  beforeEach(async () => {
    await run(imageOrder());
    await run(environmentOrder());
  });

  test('trees are made once, and again by force', async () => {
    const again = await run(imageOrder());
    expect(again.result?.outcome).toBe('success');
    expect(again.log.toString()).toContain('exists already');
    expect(again.events).toEqual([]);
    const forced = await run(environmentOrder({ force: true }));
    expect(forced.events.map(({ phase }) => phase)).toEqual(['create', 'create']);
  });

  test('a build yields packages that dpkg reads, in the version the api gave', async () => {
    const attempt = await run(buildOrder(await definition()));
    expect(attempt.result).toMatchObject({
      outcome: 'success',
      build: { source: { name: 'tiny', version: '2.0-3.deb12' } },
    });
    expect([...attempt.files.keys()].toSorted()).toEqual([
      'tiny_2.0-3.deb12.debian.tar.gz',
      'tiny_2.0-3.deb12.dsc',
      'tiny_2.0-3.deb12_amd64.buildinfo',
      'tiny_2.0-3.deb12_amd64.changes',
      'tiny_2.0-3.deb12_amd64.deb',
      'tiny_2.0.orig.tar.gz',
    ]);
    const { stdout } = await execa('dpkg-deb', ['--show', join(farm.api.stored, 'tiny_2.0-3.deb12_amd64.deb')]);
    expect(stdout).toBe('tiny\t2.0-3.deb12');
    expect(attempt.trees).toMatchObject({ image: expect.any(String), environment: expect.any(String) });
    expect(attempt.events.at(-1)).toMatchObject({ phase: 'check', event: 'end' });
    const { log, events } = attempt;
    for (const { phase, event, logOffset } of events) {
      if (event === 'begin') expect(log.subarray(logOffset).toString()).toMatch(new RegExp(`^==> ${phase}\n`));
    }
    const dsc = await readFile(join(farm.api.stored, 'tiny_2.0-3.deb12.dsc'), 'utf8');
    expect(dsc).toContain('Version: 2.0-3.deb12\n');
  });

  test.each<[string, Outcome]>([
    ['fail-to-build', 'build-failure'],
    ['deps-missing', 'dependency-failure'],
    ['infra-broken', 'infrastructure-failure'],
    ['reject-it', 'rejected'],
  ])('%s ends as %s', async (artifact, outcome) => {
    const attempt = await run(buildOrder(await definition(), { artifact }));
    expect(attempt.result).toMatchObject({ outcome, cause: { message: expect.any(String) } });
    expect(attempt.log.toString()).toContain(`==> ${outcome}: `);
  });

  test.each([{ wallMs: 200 }, { silenceMs: 200 }])('a build that hangs ends at its deadline: %j', async (deadline) => {
    const order = buildOrder(await definition(), { artifact: 'hang', limits: { ...limits, ...deadline } });
    const attempt = await run(order);
    expect(attempt.result?.outcome).toBe('timeout');
  });

  test('a build that was taken away ends without a result, and the slot is free again', async () => {
    const source = await definition();
    const hanging = [
      await farm.api.submit(buildOrder(source, { artifact: 'hang' })),
      await farm.api.submit(buildOrder(source, { artifact: 'hang' })),
    ];
    for (const attempt of hanging) farm.api.takeAway(attempt);
    await run(buildOrder(source));
    expect(hanging.map(({ result }) => result)).toEqual([undefined, undefined]);
  });

  test('two builds run side by side; a stop hands them back', async () => {
    const source = await definition();
    const both = await Promise.all([
      farm.api.submit(buildOrder(source, { artifact: 'hang' })),
      farm.api.submit(buildOrder(source, { artifact: 'hang' })),
    ]);
    await vi.waitFor(() => expect(both.every(({ log }) => log.includes('building hang'))).toBe(true));
    await farm.stop();
    expect(both.map(({ handedBack, result }) => ({ handedBack, result }))).toEqual([
      { handedBack: true, result: undefined },
      { handedBack: true, result: undefined },
    ]);
  });

  test('a log past its limit ends the build, and says so', async () => {
    const order = buildOrder(await definition(), { artifact: 'hang', limits: { ...limits, logBytes: 10 } });
    const attempt = await run(order);
    expect(attempt.result).toMatchObject({
      outcome: 'build-failure',
      cause: { message: expect.stringContaining('limit') },
    });
  });
});
