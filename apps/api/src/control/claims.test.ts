import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { failed, image, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS, OTHERS_FIRST_MS } from './timing.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const refused = { kind: 'claim-refused' };
const jobOf = async (task: string) => (await farm.tasks.get(task)).jobs[0]?.id ?? '';

test('one of two that claim at the same moment gets the job', async () => {
  const two = await farm.worker('two');
  const job = await jobOf((await farm.build()).id);
  const claims = await Promise.allSettled([farm.attempts.claim(one, job), farm.attempts.claim(two, job)]);
  expect(claims.map((claim) => claim.status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('what is unknown, running or over is refused', async () => {
  const task = await farm.build();
  const job = await jobOf(task.id);
  await expect(farm.attempts.claim(one, 'aaaaaaaaaaaaaaaa')).rejects.toMatchObject(refused);
  const call = await farm.claim(task.id, one);
  await expect(farm.attempts.claim(one, job)).rejects.toThrow(/holds the job/);
  await farm.attempts.result(call, failed('build-failure'));
  await expect(farm.attempts.claim(one, job)).rejects.toThrow(/over/);
});

test('a worker gets only jobs of its own queues', async () => {
  const build = await jobOf((await farm.build()).id);
  const other = await farm.worker('other', { architectures: ['arm64'] });
  await expect(farm.attempts.claim(other, build)).rejects.toThrow(/does not serve default.deb.amd64/);
  await expect(farm.attempts.claim(farm.publisher, build)).rejects.toMatchObject(refused);
  const images = await farm.submissions.images('default', { operation: 'update', force: false }, { name: 'local' });
  const job = (await farm.tasks.get(images.id)).jobs.find((found) => found.capability === `worker.${one.id}`);
  await expect(farm.attempts.claim(other, job?.id ?? '')).rejects.toMatchObject(refused);
  expect(await farm.attempts.claim(one, job?.id ?? '')).toMatchObject({ order: { kind: 'image' } });
});

test('a host that tried leaves the job to another that can take it, for a while', async () => {
  const two = await farm.worker('two');
  const task = await farm.build();
  await farm.attempts.result(await farm.claim(task.id, one), failed('infrastructure-failure'));
  farm.advance(2_500);
  await expect(farm.claim(task.id, one)).rejects.toThrow(/another can take it/);
  expect(await jobTicketed(task.id)).toBeNull();
  farm.advance(1_500);
  await farm.attempts.result(await farm.claim(task.id, two), failed('infrastructure-failure'));
  farm.advance(2_500);
  // both tried: any may have the last attempt
  await farm.claim(task.id, one);
});

test('nobody else came: the host that tried may have it again', async () => {
  await farm.worker('two');
  const task = await farm.build();
  await farm.attempts.result(await farm.claim(task.id, one), failed('infrastructure-failure'));
  farm.advance(OTHERS_FIRST_MS - 1);
  await expect(farm.claim(task.id, one)).rejects.toMatchObject(refused);
  farm.advance(1_000);
  await farm.claim(task.id, one);
});

test('the only host that is online may try again at once', async () => {
  await farm.worker('two');
  farm.advance(LEASE_MS + 1);
  await farm.worker('one');
  const task = await farm.build();
  await farm.attempts.result(await farm.claim(task.id, one), failed('infrastructure-failure'));
  farm.advance(2_500);
  expect(await farm.claim(task.id, one)).toMatchObject({ fence: 2 });
});

test('a host without the environment leaves the job to one that has it', async () => {
  const bare = await farm.worker('bare', { trees: [image] });
  const task = await farm.build();
  await expect(farm.claim(task.id, bare)).rejects.toThrow(/lacks/);
  farm.advance(1_500);
  await farm.claim(task.id, one);
});

test('a job given back counts no attempt and may come to the same host', async () => {
  await farm.worker('two');
  const task = await farm.build();
  for (let round = 0; round < 5; round++) await farm.attempts.handback(await farm.claim(task.id, one));
  expect(await farm.state(task.id)).toBe('queued');
  await farm.claim(task.id, one);
});

test('a call with an old fence, or of another worker, is stale', async () => {
  const two = await farm.worker('two');
  const call = await farm.claim((await farm.build()).id, one);
  const stale = { kind: 'stale-fence' };
  await expect(farm.attempts.heartbeat({ ...call, fence: call.fence - 1 })).rejects.toMatchObject(stale);
  await expect(farm.attempts.heartbeat({ ...call, worker: two })).rejects.toMatchObject(stale);
  await farm.attempts.heartbeat(call);
});

test('a worker fetches the blobs that its order names, and no others', async () => {
  const other = await farm.upload('secret of somebody else');
  const request = await farm.request();
  const call = await farm.claim((await farm.build(request)).id, one);
  const archive = request.source.kind === 'definition' ? request.source.archive.sha256 : '';
  expect(await farm.attempts.blob(call, archive)).toEqual({ sha256: archive, size: 6 });
  await expect(farm.attempts.blob(call, other.sha256)).rejects.toMatchObject({ kind: 'not-found' });
});

async function jobTicketed(task: string) {
  const [job] = await farm.database.stores.jobs.ofTask(task);
  return job?.ticketed;
}
