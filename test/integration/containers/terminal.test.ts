import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNspawnRunner, type RunningContainer } from '@fatbuildr/containers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containerOn, minimalTree, scratch, until } from './support.ts';

const runner = createNspawnRunner({ warn: () => undefined });
let directory: string;
let removeScratch: () => Promise<void>;

beforeAll(async () => {
  await minimalTree();
  const made = await scratch();
  directory = made.path;
  removeScratch = made.remove;
});
afterAll(() => removeScratch());

/** A container with a terminal, and someone who types. */
async function open(name: string, command: [string, ...string[]]) {
  const { spec, output, bytes } = await containerOn(directory, name);
  const size = { columns: 100, rows: 30 };
  const container = await runner.start(
    spec('', { command, terminal: size, environment: { PS1: '$ ', TERM: 'xterm' } }),
  );
  const type = (text: string) => container.terminal?.type(Buffer.from(text));
  return { container, type, output, bytes, root: spec('').root };
}

async function holders({ name }: RunningContainer): Promise<number> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes('hold_terminal.py') || line.includes(`--machine=${name} `))
    .length;
}

test('the shell has a terminal of its own, in the size asked for, and its exit status comes through', async () => {
  const { container, type, output } = await open('tty', ['bash', '--norc', '--noediting']);
  await type('tty; stty size; echo $TERM; exit 7\n');
  expect(await container.exited).toEqual({ code: 7, signal: null });
  expect(output()).toContain('/dev/pts/0\r\n30 100\r\nxterm\r\n');
  expect(await holders(container)).toBe(0);
});

test('a new size reaches the foreground by SIGWINCH', async () => {
  const { container, type, output } = await open('resize', ['bash', '--norc', '--noediting']);
  await type(`trap "stty size" WINCH; echo re''ady\n`);
  await until(() => output().includes('ready\r\n'));
  container.terminal?.resize({ columns: 121, rows: 41 });
  await type('exit\n');
  await container.exited;
  expect(output()).toContain('41 121\r\n');
});

test('Ctrl-C interrupts what is in the foreground, and the shell goes on', async () => {
  const { container, type, output } = await open('interrupt', ['bash', '--norc', '--noediting']);
  await type(`echo re''ady; sleep 1000; echo "after $?"\n`);
  await until(() => output().includes('ready\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await type('\x03');
  await until(() => output().includes('^C'));
  await type('echo al""ive; exit 3\n');
  expect(await container.exited).toEqual({ code: 3, signal: null });
  expect(output()).toContain('alive\r\n');
  expect(output()).not.toContain('after 0');
});

test('bytes come and go unchanged once the terminal is raw', async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const { container, output, bytes } = await open('raw', ['sh', '-c', 'stty raw -echo; echo go; head -c 256 > /seen']);
  await until(() => output().includes('go'));
  await container.terminal?.type(every);
  await container.exited;
  expect(bytes()).toEqual(Buffer.from('go\n'));
  expect(await readFile(join(directory, 'raw/upper/seen'))).toEqual(every);
});

test('a flood is all taken, however long the taker takes', async () => {
  const { container, bytes } = await open('flood', ['sh', '-c', 'stty raw; head -c 5000000 /dev/zero']);
  expect(await container.exited).toEqual({ code: 0, signal: null });
  expect(bytes().length).toBe(5_000_000);
});

test('who types at a program that reads nothing waits, and a hang-up ends it all the same', async () => {
  const { container, output } = await open('deaf', ['sh', '-c', 'stty raw -echo; echo go; exec sleep 1000']);
  await until(() => output().includes('go'));
  const waiting = container.terminal?.type(Buffer.alloc(1_000_000));
  const over = await Promise.race([waiting?.then(() => 'taken'), new Promise((resolve) => setTimeout(resolve, 300))]);
  expect(over).toBeUndefined();
  container.terminal?.hangUp();
  await container.exited;
  await waiting;
  expect(await holders(container)).toBe(0);
});

test('a stop ends shell, children and holder', async () => {
  const { container, type, output } = await open('stop', ['bash', '--norc', '--noediting']);
  await type(`trap "" HUP TERM; sleep 1000 & echo re''ady\n`);
  await until(() => output().includes('ready\r\n'));
  await container.stop(200);
  expect(await holders(container)).toBe(0);
});
