import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostReport, local, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

const refused = { kind: 'not-authenticated' };
const day = 24 * 3_600_000;

test('a token lets in until it expires or is revoked; only its digest is kept', async () => {
  const request = { name: 'ci', instance: 'default', actions: ['build' as const], validityDays: 2 };
  const { token, ...view } = await farm.tokens.create(request, local);
  expect(await farm.tokens.authenticate(token)).toEqual({
    id: view.id,
    name: 'ci',
    grants: [{ instance: 'default', actions: ['build'] }],
  });
  expect((await farm.tokens.list())[0]).toMatchObject({ name: 'ci', lastUsed: farm.context.clock() });
  expect(JSON.stringify(await farm.database.stores.tokens.list())).not.toContain(token);
  await expect(farm.tokens.authenticate(`${token}x`)).rejects.toMatchObject(refused);
  farm.advance(2 * day);
  await expect(farm.tokens.authenticate(token)).rejects.toThrow(/expired/);

  const other = await farm.tokens.create({ ...request, validityDays: 9 }, local);
  await farm.tokens.revoke(other.id, local);
  await expect(farm.tokens.authenticate(other.token)).rejects.toMatchObject(refused);
  await expect(farm.tokens.revoke(other.id, local)).rejects.toMatchObject({ kind: 'not-found' });
});

test('a token for an instance that is none is refused', async () => {
  const request = { name: 'ci', instance: 'prod', actions: ['view' as const], validityDays: 1 };
  await expect(farm.tokens.create(request, local)).rejects.toMatchObject({ kind: 'not-found' });
});

test('the local worker gets its secret once', async () => {
  const first = await farm.workers.ensureLocal({ name: 'one', pool: 'default' });
  expect(await farm.workers.ensureLocal({ name: 'one', pool: 'default' })).toEqual({ id: first.id, secret: null });
  expect(await farm.workers.authenticate(first.secret ?? '')).toMatchObject({ id: first.id, publisher: false });
  const renewed = await farm.workers.ensureLocal({ name: 'one', pool: 'default', renew: true });
  expect(renewed.id).toBe(first.id);
  await expect(farm.workers.authenticate(first.secret ?? '')).rejects.toMatchObject(refused);
  expect(await farm.workers.authenticate(renewed.secret ?? '')).toMatchObject({ id: first.id });
  await expect(farm.workers.authenticate('guess')).rejects.toMatchObject(refused);
  await expect(farm.workers.ensureLocal({ name: 'x', pool: 'publisher' })).rejects.toThrow(/may not be called/);
});

test('a worker is told its queues, and shown with what it holds', async () => {
  const one = await farm.worker('one');
  const answer = await farm.workers.register(one, { ...hostReport('one'), liveAttempts: [] });
  expect(answer).toMatchObject({
    worker: one.id,
    queues: [`worker.${one.id}`, 'default.deb.amd64', 'default.rpm.amd64', 'default.osi.amd64'],
    stale: [],
  });
  const publisher = await farm.workers.register(farm.publisher, { ...hostReport('p'), liveAttempts: [] });
  expect(publisher.queues).toEqual(['publisher']);
  expect(await farm.workers.list()).toMatchObject([{ name: 'one', state: 'online', busy: 0 }]);
  expect((await farm.workers.trees()).filter((tree) => tree.worker === 'one')).toHaveLength(2);
  farm.advance(LEASE_MS);
  expect(await farm.workers.list()).toMatchObject([{ state: 'offline' }]);
});

test('a key answers the same request with the same answer, once at a time, for a day', async () => {
  let runs = 0;
  const request = { requester: 'ci', key: 'k', fingerprint: 'a' };
  const slow = Promise.withResolvers<void>();
  const action = async () => {
    runs += 1;
    await slow.promise;
    return { status: 202, body: `{"run":${runs}}` };
  };
  const first = farm.idempotency.once(request, action);
  await expect(farm.idempotency.once(request, action)).rejects.toMatchObject({ kind: 'idempotency-running' });
  slow.resolve();
  expect(await first).toEqual({ status: 202, body: '{"run":1}', replayed: false });
  expect(await farm.idempotency.once(request, action)).toEqual({ status: 202, body: '{"run":1}', replayed: true });
  await expect(farm.idempotency.once({ ...request, fingerprint: 'b' }, action)).rejects.toMatchObject({
    kind: 'idempotency-mismatch',
  });
  expect((await farm.idempotency.once({ ...request, requester: 'other' }, action)).replayed).toBe(false);
  farm.advance(day + 1);
  expect(await farm.idempotency.once(request, action)).toMatchObject({ replayed: false });
});

test('what failed may be tried again under its key', async () => {
  const request = { requester: 'ci', key: 'k', fingerprint: 'a' };
  await expect(farm.idempotency.once(request, () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
  const answer = await farm.idempotency.once(request, async () => ({ status: 200, body: '{}' }));
  expect(answer.replayed).toBe(false);
});
