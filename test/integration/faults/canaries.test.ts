import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { minimalTree, scratch } from '../containers/support.ts';
import { jobUnder } from '../limits/support.ts';

const canary = `canary-${randomBytes(8).toString('hex')}`;
/** Matches the canary and not itself: the script that looks for it is to be read in /proc too. */
const pattern = canary.replace('canary', 'c[a]nary');
let directory: string;
let removeScratch: () => Promise<void>;
let neighbour: ChildProcess;

/** Where the secrets of a farm lie: files of its state, the environment of the worker, command lines of others. */
beforeAll(async () => {
  await minimalTree();
  ({ path: directory, remove: removeScratch } = await scratch());
  for (const file of ['state/worker.secret', 'state/keyrings/default/passphrase', 'etc/token', 'other-job/log']) {
    await mkdir(join(directory, file, '..'), { recursive: true });
    await writeFile(join(directory, file), `${canary}\n`);
  }
  process.env['FATBUILDR_TOKEN'] = canary;
  neighbour = spawn('sh', ['-c', 'read line', canary], { stdio: ['pipe', 'ignore', 'ignore'] });
});
afterAll(async () => {
  delete process.env['FATBUILDR_TOKEN'];
  neighbour?.kill();
  await removeScratch();
});

/** What a curious build does, as root of its container: every variable, every process, every file, every mount. */
const search = `
  env | grep -E '${pattern}' && echo FOUND variable
  for process in /proc/[0-9]*; do
    for file in environ cmdline; do
      tr '\\0' '\\n' < $process/$file 2>/dev/null | grep -qE '${pattern}' && echo FOUND $process/$file
    done
  done
  find / \\( -path /proc -o -path /sys \\) -prune -o -type f -print0 | tee /tmp/looked-at |
    xargs -0 grep -lasE '${pattern}' | sed 's/^/FOUND /'
  echo "looked at $(tr -dc '\\0' < /tmp/looked-at | wc -c) files"
`;

test('a build that reads every variable and file it can finds none of the secrets of farm and host', async () => {
  const job = await jobUnder(directory, 'curious', {});
  expect(await job.run(search)).toEqual({ code: 0, signal: null });
  const said = await readFile(join(job.workspace, 'log'), 'utf8');
  expect(said).not.toContain('FOUND');
  expect(Number(/looked at (\d+) files/.exec(said)?.[1])).toBeGreaterThan(1000);
  job.close();
});

test('the same search finds what was put where a build can see it', async () => {
  const job = await jobUnder(directory, 'planted', {});
  const planted = `printf 'canary' > /etc/planted; printf '%s' '${canary.replace('canary', '')}' >> /etc/planted`;
  expect(await job.run(`${planted}; ${search}`)).toEqual({ code: 0, signal: null });
  expect(await readFile(join(job.workspace, 'log'), 'utf8')).toContain('FOUND /etc/planted\n');
  job.close();
});
