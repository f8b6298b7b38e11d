import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../containers/support.ts';
import { program } from '../farm/ctl.ts';
import { holdMinimalTrees, leftOf } from './support.ts';
import { sitDown, type Typist } from './typist.ts';

let redis: TestRedis;
let farm: Farm;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({
    redis: redis.url,
    slots: 4,
    containers: { prepare: (config) => holdMinimalTrees(config), shellLeftMs: 1500 },
  });
  env = {
    FATBUILDR_URI: `unix://${farm.directory}/run/api.sock`,
    FATBUILDR_NODE: process.execPath,
    HOME: '/nonexistent',
  };
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const BASH = ['images', 'shell', '--', '/bin/bash', '--norc', '--noediting'];
const atTerminal = (...words: string[]) => sitDown({ command: [program, ...words], env, columns: 90, rows: 25 });

/** Somebody at a shell that is ready, and its task. */
async function open(): Promise<{ user: Typist; task: string }> {
  const user = atTerminal(...BASH);
  await user.sees('# ');
  return { user, task: /Task (\w+):/.exec(user.screen())?.[1] ?? '' };
}

async function attemptOf(task: string): Promise<string> {
  return (await farm.client.task({ params: { task } })).jobs[0]?.attempts[0]?.id ?? '';
}

test.concurrent('what is typed at one terminal runs at the other: sizes, Ctrl-C, exit status', async () => {
  const { user } = await open();
  user.type('stty size; echo "$TERM"\r');
  await user.sees('25 90\r\nxterm-256color\r\n');
  // in the foreground: a shell at its prompt looks at signals only after the next line
  user.type(`(trap 'stty size; exit' WINCH; echo re""ady; while :; do sleep 0.1; done)\r`);
  await user.sees('ready\r\n');
  user.resize(120, 40);
  await user.sees('40 120\r\n');
  user.type('sleep 1000\r');
  await user.sees('sleep 1000\r\n');
  // it has to be there first
  await new Promise((resolve) => setTimeout(resolve, 300));
  user.type('\x03');
  await user.sees('^C');
  user.type('exit 7\r');
  expect(await user.ended).toEqual({ status: 7, restored: true });
});

test.concurrent('two see the same; one leaves, and a cancel ends it for the other', async () => {
  const { user: ada, task } = await open();
  ada.type('echo be""fore\r');
  await ada.sees('before\r\n');
  const bob = atTerminal('join', task.slice(0, 12));
  await bob.sees('before\r\n');
  bob.type('echo to""gether\r');
  for (const user of [ada, bob]) await user.sees('together\r\n');
  ada.type('~.');
  expect(await ada.ended).toEqual({ status: 0, restored: true });
  await farm.client.cancel({ params: { task } });
  expect(await bob.ended).toEqual({ status: 5, restored: true });
  expect(bob.screen()).toContain('cancelled');
});

test.concurrent('a window that is closed ends the shell after a while, with all that runs in it', async () => {
  const { user, task } = await open();
  user.type('trap "" HUP; sleep 86000 & echo re""ady\r');
  await user.sees('ready\r\n');
  user.vanish();
  expect(await user.ended).toMatchObject({ restored: null });
  expect(await farm.ended({ id: task })).toMatchObject({ outcome: 'timeout' });
  const attempt = await attemptOf(task);
  await until(async () => (await leftOf(attempt)).length === 0);
});
