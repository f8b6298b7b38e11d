import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { minimalTree, scratch, sleepers } from '../containers/support.ts';
import { jobUnder, warnings } from './support.ts';

let directory: string;
let removeScratch: () => Promise<void>;
beforeAll(async () => {
  await minimalTree();
  ({ path: directory, remove: removeScratch } = await scratch());
});
afterAll(() => removeScratch());

const MiB = 2 ** 20;
const hog = 'perl -e \'$x = "a" x 300_000_000; print length $x\'';

/** Control groups of our containers that are still there, wherever the host mounts them. */
async function groupsOf(name: string): Promise<string[]> {
  const all = await readdir('/sys/fs/cgroup', { recursive: true }).catch(() => []);
  return all.filter((path) => path.includes(`fatbuildr-${name}`));
}

/** Where a host can not limit, it says so and the limit does not hold: nothing else is to be seen then. */
function limited(controller: string): boolean {
  return !warnings.some((message) => message.includes(controller));
}

test('a build that takes too much memory is killed, and it is said to be its own fault', async () => {
  const job = await jobUnder(directory, 'hog', { memoryBytes: 100 * MiB });
  const run = job.run(`${hog} || exit 2`);
  if (limited('memory')) {
    await expect(run).rejects.toMatchObject({
      outcome: 'build-failure',
      message: 'It used more than 100 MiB of memory.',
      hint: expect.stringContaining('limits.memoryBytes'),
    });
  } else expect(await run).toMatchObject({ code: 0 });
  expect(await groupsOf('hog')).toEqual([]);
  job.close();
});

test('memory is counted over all processes; a build within its limit is left alone', async () => {
  const job = await jobUnder(directory, 'sum', { memoryBytes: 200 * MiB });
  const piece = 'perl -e \'$x = "a" x 45_000_000; sleep 2\'';
  const many = job.run(
    `for i in 1 2 3 4 5 6; do ${piece} & all="$all $!"; done; for one in $all; do wait $one || exit 1; done`,
    'many',
  );
  if (limited('memory')) await expect(many).rejects.toThrow('It used more than 200 MiB of memory.');
  expect(await job.run(piece, 'one')).toEqual({ code: 0, signal: null });
  job.close();
});

test('what the build survives is no failure', async () => {
  const job = await jobUnder(directory, 'survivor', { memoryBytes: 100 * MiB });
  const exit = await job.run(`${hog}; exit 0`);
  expect(exit.code).toBe(0);
  if (limited('memory')) expect(exit.exceeded).toEqual(['memory']);
  job.close();
});

test('a build that forks without end stays within its processes, and the cause says so', async () => {
  const job = await jobUnder(directory, 'forks', { processes: 20 });
  const run = job.run('i=0; while [ $i -lt 60 ]; do sleep 271901 & i=$((i + 1)); done; exit 0', 'bomb');
  if (limited('pids')) await expect(run).rejects.toThrow('It needed more than 20 processes at once.');
  expect(await sleepers(271901)).toEqual([]);
  expect(await groupsOf('forks')).toEqual([]);
  job.close();
});

test('a build that fills the disk is stopped, and the cause says how much it had', async () => {
  const job = await jobUnder(directory, 'filler', { diskBytes: 50 * MiB });
  const run = job.run('while :; do head -c 5000000 /dev/zero >> /var/tmp/big; sleep 0.1; done');
  await expect(run).rejects.toMatchObject({
    outcome: 'build-failure',
    message: 'It used more than 50 MiB of disk.',
    hint: expect.stringContaining('limits.diskBytes'),
  });
  job.close();
});

test('what a build removes in time, and what lies in its image, counts nothing', async () => {
  const job = await jobUnder(directory, 'tidy', { diskBytes: 20 * MiB });
  const script = 'for i in 1 2 3 4 5; do head -c 10000000 /dev/zero > /var/tmp/some; sleep 0.2; rm /var/tmp/some; done';
  expect(await job.run(script)).toEqual({ code: 0, signal: null });
  job.close();
});

test('a line of 100 MB is kept byte for byte, and not in memory', async () => {
  const job = await jobUnder(directory, 'line', { logBytes: 200_000_000 });
  const size = 100_000_000;
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  // one line without its end, of bytes that are no text
  await job.run(`head -c ${size} /dev/zero | tr '\\0' '\\377'; printf end`);
  clearInterval(watch);
  expect(job.log.length).toBe(size + 3);
  const digest = createHash('sha256');
  for (let offset = 0; offset < job.log.length; offset += MiB) digest.update(job.log.read(offset, MiB));
  const wanted = createHash('sha256');
  const piece = Buffer.alloc(MiB, 0xff);
  for (let left = size; left > 0; left -= MiB) wanted.update(piece.subarray(0, Math.min(MiB, left)));
  expect(digest.digest('hex')).toBe(wanted.update('end').digest('hex'));
  expect(most - before).toBeLessThan(64 * MiB);
  job.close();
});
