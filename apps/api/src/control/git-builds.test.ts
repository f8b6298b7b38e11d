import { Readable } from 'node:stream';
import type { BuildOrder, FetchedDefinition, FileRef, GitSource, ResultRequest } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AttemptCall, WorkerIdentity } from './services.ts';
import { failed, hostReport, local, sha256Of, type TestControl, testControl } from './test-control.ts';

/* Builds of a definition in a git repository: a job fetches it, and the jobs of the build follow on what it hands in. */

const COMMIT = 'c0ffee'.padEnd(40, '0');
const SOURCE: GitSource = { kind: 'git', url: 'https://example.org/packages/hello.git', ref: 'v2.10', sources: [] };

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

async function handIn(call: AttemptCall, content = 'definition'): Promise<FileRef> {
  return farm.attempts.storeFile(call, 'hello.tar.gz', sha256Of(content), Readable.from([Buffer.from(content)]));
}
const fetched = (archive: FileRef, more: Partial<FetchedDefinition> = {}): ResultRequest => ({
  ...{ outcome: 'success', cause: null, build: null, publication: null },
  fetched: { commit: COMMIT, subdir: null, archive, ...more },
});
const jobsOf = async (task: string) =>
  (await farm.tasks.get(task)).jobs.map(({ name, outcome, state }) => `${name} ${outcome ?? state}`);

test('the definition is fetched by a job; what it hands in is built as if it had been uploaded', async () => {
  const { id, artifact } = await farm.build({ source: SOURCE });
  expect(artifact).toBe('hello');
  expect(await jobsOf(id)).toEqual(['fetch queued']);
  expect((await farm.tasks.get(id)).origin).toEqual({ url: SOURCE.url, ref: 'v2.10', subdir: null, commit: null });

  const fetching = await farm.claim(id, one);
  const { url, ref } = SOURCE;
  expect(fetching.order).toMatchObject({
    ...{ kind: 'fetch', format: 'deb', artifact: 'hello', definition: { url, ref }, allowPrivateSources: false },
  });
  const archive = await handIn(fetching);
  farm.advance(60_000);
  await farm.attempts.result(fetching, fetched(archive, { subdir: 'packaging' }));
  await farm.attempts.close(fetching);
  expect(await jobsOf(id)).toEqual(['fetch success', 'build:amd64 queued']);
  expect((await farm.tasks.get(id)).origin).toMatchObject({ subdir: 'packaging', commit: COMMIT });

  const building = await farm.claim(id, one);
  const { created } = await farm.tasks.get(id);
  expect(building.order).toMatchObject({
    ...{ kind: 'build-deb', source: { kind: 'definition', archive, sources: [] }, submitted: created },
  });
  expect(await farm.attempts.blob(building, archive.sha256)).toMatchObject({ size: archive.size });
  const { full } = await farm.attempts.reserveVersion(building, { name: 'hello', main: '2.10', release: '1' });
  await farm.attempts.result(building, await farm.built(building, full));
  expect(await farm.state(id)).toBe('publishing');
  const artifacts = (await farm.tasks.get(id)).artifacts.map(({ name }) => name);
  expect(artifacts).not.toContain('hello.tar.gz');
});

test('for several architectures it is fetched once', async () => {
  const architectures = ['amd64', 'arm64'];
  const trees = architectures.flatMap((architecture) =>
    hostReport('one').trees.map((tree) =>
      tree.kind === 'image' ? tree : { ...tree, architecture, name: `default/deb/bookworm-${architecture}` },
    ),
  );
  await farm.worker('one', { architectures, trees });
  const { id } = await farm.build({ source: SOURCE, architectures });
  expect(await jobsOf(id)).toEqual(['fetch queued']);
  const fetching = await farm.claim(id, one);
  await farm.attempts.result(fetching, fetched(await handIn(fetching)));
  await farm.attempts.close(fetching);
  expect(await jobsOf(id)).toEqual(['fetch success', 'source queued']);
  expect((await farm.claim(id, one)).order).toMatchObject({ part: 'source', architectures: ['amd64', 'arm64'] });
});

test('what can be known before is refused at once, as of an upload', async () => {
  await expect(farm.build({ source: SOURCE, distribution: 'sid' })).rejects.toThrow('sid');
  await expect(farm.build({ source: SOURCE, artifact: undefined })).rejects.toThrow('needs the name of its artifact');
  const http = { ...SOURCE, url: 'http://example.org/hello.git' };
  await expect(farm.build({ source: http })).rejects.toMatchObject({
    kind: 'unprocessable',
    hint: expect.stringContaining('https'),
  });
  const [instance] = farm.context.config.instances;
  if (instance) instance.allowPrivateSources = true;
  expect(await farm.build({ source: http })).toMatchObject({ state: 'queued' });
});

test('archives that come along are kept, and used', async () => {
  const missing = { id: 'hello', file: { name: 'hello.tar', sha256: sha256Of('other'), size: 5 } };
  await expect(farm.build({ source: { ...SOURCE, sources: [missing] } })).rejects.toThrow('was not uploaded');
  const sources = [{ id: 'hello', file: await farm.upload() }];
  const { id } = await farm.build({ source: { ...SOURCE, sources } });
  const fetching = await farm.claim(id, one);
  await farm.attempts.result(fetching, fetched(await handIn(fetching)));
  await farm.attempts.close(fetching);
  expect(((await farm.claim(id, one)).order as BuildOrder).source).toMatchObject({ kind: 'definition', sources });
});

test('what would be refused of an upload by then rejects the task, in the same words', async () => {
  const { id } = await farm.build({ source: SOURCE });
  const fetching = await farm.claim(id, one);
  const archive = await handIn(fetching, 'x'.repeat(990));
  farm.context.config.api.uploadLimit = 900;
  await farm.attempts.result(fetching, fetched(archive));
  expect(await farm.tasks.get(id)).toMatchObject({
    outcome: 'rejected',
    cause: { message: 'Uploads are limited to 900 bytes, hello.tar.gz has 990.', hint: expect.stringContaining('URL') },
  });
});

test('what a host says it fetched must be there', async () => {
  const { id } = await farm.build({ source: SOURCE });
  const fetching = await farm.claim(id, one);
  await farm.attempts.result(fetching, fetched({ name: 'hello.tar.gz', sha256: sha256Of('nowhere'), size: 7 }));
  const [job] = (await farm.tasks.get(id)).jobs;
  expect(job).toMatchObject({ state: 'queued', attempts: [{ outcome: 'infrastructure-failure' }] });
  expect(job?.attempts[0]?.cause?.message).toContain('was not handed in');
});

test('a repository that cannot be had rejects the task; a lost host costs another attempt', async () => {
  const { id } = await farm.build({ source: SOURCE });
  await farm.claim(id, one);
  await farm.worker('one');
  expect(await jobsOf(id)).toEqual(['fetch queued']);
  farm.advance(10_000);
  await farm.attempts.result(await farm.claim(id, one), failed('rejected', 'no such branch'));
  expect(await farm.tasks.get(id)).toMatchObject({ outcome: 'rejected', cause: { message: 'no such branch' } });
});

test('cancelled while it is fetched, it is over', async () => {
  const { id } = await farm.build({ source: SOURCE });
  const fetching = await farm.claim(id, one);
  await farm.tasks.cancel(id, local);
  await expect(farm.attempts.heartbeat(fetching)).rejects.toMatchObject({ kind: 'stale-fence' });
  expect(await jobsOf(id)).toEqual(['fetch cancelled']);
});

test('a retry builds the same commit, without fetching it again; before it was fetched, what is there by then', async () => {
  const first = await farm.build({ source: SOURCE });
  await farm.tasks.cancel(first.id, local);
  const second = await farm.submissions.retry(first.id, local);
  expect(await jobsOf(second.id)).toEqual(['fetch queued']);
  const fetching = await farm.claim(second.id, one);
  const archive = await handIn(fetching);
  await farm.attempts.result(fetching, fetched(archive));
  await farm.attempts.close(fetching);
  await farm.tasks.cancel(second.id, local);
  for (let last = second.id, times = 0; times < 2; times += 1) {
    const again = await farm.submissions.retry(last, local);
    expect(await jobsOf(again.id)).toEqual(['build:amd64 queued']);
    expect((await farm.tasks.get(again.id)).origin).toMatchObject({ url: SOURCE.url, commit: COMMIT });
    const building = await farm.claim(again.id, one);
    expect((building.order as BuildOrder).source).toMatchObject({ kind: 'definition', archive });
    await farm.tasks.cancel(again.id, local);
    last = again.id;
  }
});
