import { afterEach, beforeEach, expect, test } from 'vitest';
import { PUBLISHER } from './capabilities.ts';
import { dispatch } from './dispatcher.ts';
import { judge } from './leases.ts';
import type { AttemptCall } from './services.ts';
import { local, packageOf, published, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

const stale = { kind: 'stale-fence' };

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
  await farm.ready();
  await farm.tell(['aa', 'bb', 'cc', 'dd'].map((name) => packageOf(name, '1')));
});
afterEach(() => farm.close());

/** Orders that the publisher has drawn tickets for and claimed, side by side. */
async function claimed(...artifacts: string[]): Promise<AttemptCall[]> {
  for (const artifact of artifacts) {
    const deletion = { format: 'deb' as const, distribution: 'bookworm', derivative: 'main', artifact, dryRun: false };
    await farm.submissions.deletePackages('default', deletion, local);
    farm.advance(1);
  }
  await dispatch(farm.context);
  const jobs = artifacts.map(() => farm.tickets.draw(PUBLISHER) ?? '');
  const claims = await Promise.all(jobs.map((job) => farm.attempts.claim(farm.publisher, job)));
  return claims.map((claim) => ({ ...claim, worker: farm.publisher }));
}

const stateOf = async ({ attempt }: AttemptCall) => farm.state((await farm.tasks.attempt(attempt)).task.id);

test('the publisher is given many orders at once, each with a lease, a commit and an end of its own', async () => {
  const [first, second, third] = await claimed('aa', 'bb', 'cc');
  if (!first || !second || !third) throw new Error('three were claimed');
  await farm.attempts.commit(first);
  await farm.tasks.cancel((await farm.tasks.attempt(second.attempt)).task.id, local);
  await expect(farm.attempts.commit(second)).rejects.toMatchObject(stale);
  await farm.attempts.commit(third);
  await expect(farm.tasks.cancel((await farm.tasks.attempt(third.attempt)).task.id, local)).rejects.toMatchObject({
    kind: 'already-committed',
  });
  await farm.attempts.result(third, published());
  await farm.attempts.result(first, published());
  expect(await Promise.all([first, second, third].map(stateOf))).toEqual(['success', 'cancelled', 'success']);
});

test('one that is not heard of is tried again, the others go on', async () => {
  const [first, second] = await claimed('aa', 'bb');
  if (!first || !second) throw new Error('two were claimed');
  const since = farm.context.clock() - LEASE_MS;
  farm.advance(LEASE_MS - 1);
  await farm.attempts.heartbeat(first);
  farm.advance(2);
  await judge(farm.context, since);
  await expect(farm.attempts.commit(second)).rejects.toMatchObject(stale);
  await farm.attempts.commit(first);
  await dispatch(farm.context);
  const again = await farm.attempts.claim(farm.publisher, farm.tickets.draw(PUBLISHER) ?? '');
  expect(again.fence).toBeGreaterThan(second.fence);
});

test('what a dry run found is in its task', async () => {
  const request = { format: 'deb' as const, distribution: 'bookworm', revision: 1, dryRun: true };
  const task = await farm.submissions.rollBack('default', request, local);
  expect(task).toMatchObject({ kind: 'registry-rollback', dryRun: true });
  const call = await farm.claim(task.id, farm.publisher);
  expect(call.order).toMatchObject({ kind: 'registry-rollback', revision: 1, dryRun: true });
  const gone = { derivative: 'main', name: 'aa', version: '1', architecture: 'amd64' };
  const counts = { added: 0, removed: 1, uninstallable: 0, unsure: 0 };
  const preview = { added: [], removed: [gone], uninstallable: [], counts, collected: null };
  await farm.attempts.result(call, published({ preview }));
  expect(await farm.tasks.get(task.id)).toMatchObject({ outcome: 'success', preview });
});

test('a check is ordered for all repositories of an instance, and can be asked for again', async () => {
  const task = await farm.submissions.check('default', { dryRun: true }, local);
  expect(task).toMatchObject({ kind: 'registry-check', dryRun: true, distribution: null });
  const call = await farm.claim(task.id, farm.publisher);
  expect(call.order).toEqual({ kind: 'registry-check', instance: 'default', dryRun: true });
  await farm.attempts.result(call, published({}));
  const again = await farm.submissions.retry(task.id, local);
  expect(again).toMatchObject({ kind: 'registry-check', dryRun: true, retryOf: task.id });
});

test('promotions and imports name what there is, and go to other places', async () => {
  const base = {
    format: 'deb' as const,
    distribution: 'bookworm',
    derivative: 'backports',
    dryRun: false,
    artifacts: [],
  };
  const from = { distribution: 'bookworm', derivative: 'main' };
  const promotion = await farm.submissions.promote('default', { ...base, from }, local);
  expect((await farm.claim(promotion.id, farm.publisher)).order).toMatchObject({
    kind: 'registry-promote',
    derivative: 'backports',
    from: { ...from, revision: null },
    repository: { distribution: 'bookworm', derivatives: ['main', 'backports'] },
  });
  const refused = farm.submissions.promote('default', { ...base, from: { ...from, revision: 9 } }, local);
  await expect(refused).rejects.toMatchObject({ kind: 'not-found', hint: expect.stringContaining('Kept are 1 to 1') });
  const other = farm.submissions.promote('default', { ...base, derivative: 'next', from }, local);
  await expect(other).rejects.toMatchObject({ kind: 'unprocessable' });
  const source = { location: 'https://old.example.org/debian', unsigned: true, expired: false };
  const imported = await farm.submissions.importPackages('default', { ...base, source, skipConflicts: false }, local);
  expect(imported).toMatchObject({ kind: 'registry-import', message: source.location });
});

test('one import runs at a time; those that wait leave the publisher its slots', async () => {
  const where = { format: 'deb' as const, distribution: 'bookworm', derivative: 'main', dryRun: false };
  const source = { location: 'https://old.example.org/debian', unsigned: true, expired: false };
  const imports: string[] = [];
  for (let count = 0; count < 20; count += 1) {
    const request = { ...where, source, artifacts: [], skipConflicts: false };
    imports.push((await farm.submissions.importPackages('default', request, local)).id);
    farm.advance(1);
  }
  const next = async () => {
    await dispatch(farm.context);
    const drawn = farm.tickets.draw(PUBLISHER);
    return drawn && { ...(await farm.attempts.claim(farm.publisher, drawn)), worker: farm.publisher };
  };
  const first = await next();
  expect(first).toMatchObject({ task: imports[0] });
  expect(await next()).toBeUndefined();
  const waiting = 'The publisher is at 1 registry-import already, and does 1 at once.';
  expect(await farm.tasks.get(imports[1] ?? '')).toMatchObject({ waiting });
  const deletion = await farm.submissions.deletePackages('default', { ...where, artifact: 'aa' }, local);
  expect(await next()).toMatchObject({ task: deletion.id });
  await farm.tasks.cancel(imports[0] ?? '', local);
  expect(await next()).toMatchObject({ task: imports[1] });
});
