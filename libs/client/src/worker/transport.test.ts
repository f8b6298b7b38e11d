import { PROBLEM_STATUS, type ProblemError, type ProblemKind, problemType } from '@fatbuildr/domain';
import { retry } from '@fatbuildr/service';
import { expect, test } from 'vitest';
import type { FetchInit } from '../fetch.ts';
import { createTransport, isStaleFence } from './transport.ts';
import { createWorkerApi } from './worker-api.ts';

type Answer = () => Response | Promise<Response>;

/** An api that gives these answers one after the other, and what it was asked. */
function scripted(...answers: Answer[]) {
  const asked: { url: string; init: FetchInit }[] = [];
  const outages: boolean[] = [];
  const transport = createTransport({
    url: 'http://api',
    secret: 's3cret',
    retry: (attempt, options) => retry(attempt, { ...options, delay: 1 }),
    onOutage: ({ began }) => outages.push(began),
    fetch: async (url, init = {}) => {
      asked.push({ url, init });
      const answer = answers.shift();
      if (!answer) throw new Error('asked too often');
      return answer();
    },
  });
  const headers = (index: number) => new Headers(asked[index]?.init.headers);
  return { api: createWorkerApi(transport), asked, headers, outages };
}

const empty: Answer = () => new Response(null, { status: 204 });
const broken: Answer = () => Promise.reject(new TypeError('fetch failed'));
const problem =
  (kind: ProblemKind, members = {}): Answer =>
  () =>
    Response.json(
      { type: problemType(kind), title: kind, status: PROBLEM_STATUS[kind], ...members },
      { status: PROBLEM_STATUS[kind] },
    );
const signal = new AbortController().signal;

test('carries secret and fence, and passes over an outage, which it tells once', async () => {
  const { api, asked, headers, outages } = scripted(broken, problem('unavailable'), empty);
  await api.attempt({ attempt: 'a', fence: 3 }, signal).commit();
  expect(asked.map(({ url }) => url)).toEqual(Array(3).fill('http://api/api/v1/worker/attempts/a/commit'));
  expect(headers(2).get('authorization')).toBe('Bearer s3cret');
  expect(headers(2).get('fatbuildr-fence')).toBe('3');
  expect(outages).toEqual([true, false]);
});

test('does not ask again when the api said no', async () => {
  const { api, asked } = scripted(problem('stale-fence', { detail: 'gone' }));
  const error = await api
    .attempt({ attempt: 'a', fence: 3 }, signal)
    .commit()
    .catch((reason: unknown) => reason);
  expect(isStaleFence(error)).toBe(true);
  expect((error as ProblemError).message).toBe('gone');
  expect(asked).toHaveLength(1);
});

test('names the call when the answer is not the api’s own', async () => {
  const { api } = scripted(() => new Response('<html>', { status: 404, statusText: 'Not Found' }));
  await expect(api.attempt({ attempt: 'a', fence: 3 }, signal).close()).rejects.toThrow(
    '404 Not Found for POST /api/v1/worker/attempts/a/close',
  );
});

test('a refused claim is no error; a heartbeat is tried once', async () => {
  const { api } = scripted(problem('claim-refused'), broken);
  expect(await api.claim('job')).toBeUndefined();
  await expect(api.attempt({ attempt: 'a', fence: 3 }, signal).heartbeat()).rejects.toThrow('fetch failed');
});

test('a log offset that the api corrects is the answer', async () => {
  const { api, asked } = scripted(problem('log-offset', { length: 2 }));
  const attempt = api.attempt({ attempt: 'a', fence: 3 }, signal);
  expect(await attempt.appendLog(5, Buffer.from('later'))).toBe(2);
  expect(asked[0]?.url).toContain('/log?offset=5');
});
