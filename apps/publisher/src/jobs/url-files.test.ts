import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type UrlFilesOptions, urlFiles } from './url-files.ts';

const BODY = Buffer.from('a package of which the first half comes, and then the other'.repeat(100));
const sha256 = createHash('sha256').update(BODY).digest('hex');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-url-'));
});
afterEach(() => rm(dir, { recursive: true }));

const signal = new AbortController().signal;
const copy = (fetchOrigin: UrlFilesOptions['fetchOrigin'], most = BODY.length) =>
  urlFiles('https://example.org/debian', { fetchOrigin, signal, backoffMs: [1, 1] }).copy(
    'a.deb',
    join(dir, 'file'),
    most,
  );

/** Some bytes, and then the connection breaks. */
async function* broken(bytes: Buffer) {
  yield bytes;
  throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
async function* whole(bytes: Buffer) {
  yield bytes;
}

test('a download that breaks is continued where it broke', async () => {
  const asked: number[] = [];
  const result = await copy(async (_, from, read) => {
    asked.push(from);
    await read(from, asked.length < 4 ? broken(BODY.subarray(from, from + 1000)) : whole(BODY.subarray(from)));
  });
  expect(result).toEqual({ size: BODY.length, sha256 });
  expect(await readFile(join(dir, 'file'))).toEqual(BODY);
  expect(asked).toEqual([0, 1000, 2000, 3000]);
});

test('a server that knows no ranges sends it all again', async () => {
  let times = 0;
  const result = await copy(async (_path, _from, read) => {
    times += 1;
    await read(0, times < 3 ? broken(BODY.subarray(0, 3000)) : whole(BODY));
  });
  expect(result).toEqual({ size: BODY.length, sha256 });
});

test('what is not there is no failure; what does not get better is', async () => {
  expect(await copy(() => Promise.reject(new ProblemError('not-found', 'gone')))).toBeUndefined();
  let times = 0;
  const unwell = copy(() => {
    times += 1;
    return Promise.reject(new ProblemError('unavailable', 'the server answered 500'));
  });
  await expect(unwell).rejects.toMatchObject({ outcome: 'infrastructure-failure', message: 'the server answered 500' });
  expect(times).toBe(3);
  const refused = new ProblemError('unprocessable', 'not a public address', { hint: 'do not' });
  await expect(copy(() => Promise.reject(refused))).rejects.toMatchObject({ outcome: 'rejected', hint: 'do not' });
  const lost = new ProblemError('stale-fence', 'cancelled');
  await expect(copy(() => Promise.reject(lost))).rejects.toBe(lost);
});

test('a server that sends more than it may is refused', async () => {
  await expect(copy((_path, _from, read) => read(0, whole(BODY)), 100)).rejects.toMatchObject({
    outcome: 'rejected',
    message: 'https://example.org/debian a.deb has more than the 100 bytes that it may have',
  });
});
