import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import { environmentId } from '@fatbuildr/worker/src/trees/tree-id.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { until } from '../containers/support.ts';
import { program } from '../farm/ctl.ts';
import { type Line, openLine } from './line.ts';
import { attemptOf, holdMinimalTrees, leftOf } from './support.ts';
import { sitDown } from './typist.ts';

const WINDOW = 256 * 1024;
/** A megabyte with every byte value, lines far too long for a terminal, and the keys that it would act on. */
const EVERY = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, value) => value)), randomBytes(1_000_000)]);

let redis: TestRedis;
let farm: Farm;
let workersLine: Line;
let usersLine: Line;
let token: string;

beforeAll(async () => {
  redis = await startRedis();
  const architecture = hostArchitecture();
  const environment = environmentId({ instance: 'default', format: 'deb', name: 'bookworm', architecture });
  farm = await startFarm({
    redis: redis.url,
    slots: 4,
    instances: { default: `${INSTANCE}architectures: [${architecture}]\n` },
    containers: {
      async prepare(config) {
        workersLine = await openLine(config.worker.api);
        config.worker.api = workersLine.url;
        await holdMinimalTrees(config, [environment]);
      },
      shellLeftMs: 3000,
    },
  });
  usersLine = await openLine(farm.url);
  ({ token } = await farm.client.createToken({ body: { name: 'ada', actions: ['view', 'images', 'cancel'] } }));
});
afterAll(async () => {
  usersLine?.close();
  await farm?.stop();
  workersLine?.close();
  await redis?.stop();
});

const environment = () => ({
  FATBUILDR_URI: usersLine.url,
  FATBUILDR_TOKEN: token,
  FATBUILDR_NODE: process.execPath,
  NO_COLOR: '1',
  HOME: '/nonexistent',
});
/** `fatbuildrctl images shell` with its standard input from a pipe. */
const shell = (...words: string[]) =>
  execa(program, ['images', 'shell', ...(words.length > 0 ? ['--', ...words] : [])], {
    env: environment(),
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
  });
const piped = (input: string | Buffer, ...words: string[]) => {
  const ran = shell(...words);
  ran.stdin.end(input);
  return ran;
};
/** Of a shell, once it runs. */
const taskOf = async ({ stderr }: ReturnType<typeof shell>) => {
  let said = '';
  stderr.on('data', (chunk) => {
    said += chunk;
  });
  return vi.waitFor(async () => {
    const task = /Task (\w+): /.exec(said)?.[1] ?? '';
    expect((await farm.client.task({ params: { task } })).waiting).toContain('in a shell, 1 attached');
    return task;
  }, 40_000);
};

/** A shell, with what this process pipes into it. */
async function atPipe(
  command: string[],
  input: AsyncIterable<Uint8Array>,
  onBytes: (bytes: Uint8Array) => Promise<void> | void = () => {},
) {
  const task = await farm.client.shell({ params: { instance: 'default' }, body: { command } });
  const attempt = await attemptOf(farm.client, task);
  const running = Promise.withResolvers<void>();
  const { ended } = farm.client.attachTerminal(attempt, {
    ...{ size: { columns: 80, rows: 24 }, offset: 0, input, onBytes },
    onState: (state) => state === 'running' && running.resolve(),
  });
  return { attempt, running: running.promise, ended };
}

test.concurrent('a script that is piped into a shell runs to its end; its output alone is on standard output', async () => {
  const { stdout, stderr, exitCode } = await piped('echo one\necho two >&2\nexit 9\n');
  expect({ exitCode, out: `${Buffer.from(stdout)}` }).toEqual({ exitCode: 9, out: 'one\ntwo\n' });
  expect(`${Buffer.from(stderr)}`).toContain('thrown away');
});

test.concurrent('what the build host has to tell meanwhile comes after the output, and not to whoever pipes', async () => {
  const script = `
    proxy=\${http_proxy#http://}; proxy=\${proxy%/}
    exec 3<>/dev/tcp/\${proxy%:*}/\${proxy##*:}
    printf 'GET http://elsewhere.invalid/ HTTP/1.1\\r\\nHost: elsewhere.invalid\\r\\nConnection: close\\r\\n\\r\\n' >&3
    read -r protocol status rest <&3
    cat <&3 >/dev/null
    printf '\\0%s' "$status"`;
  const words = ['env-shell', '-d', 'bookworm', '--', 'bash', '-c', script];
  const { stdout, stderr, exitCode } = await execa(program, ['images', ...words], { env: environment(), input: '' });
  expect({ stdout, exitCode }).toEqual({ stdout: '\x00403', exitCode: 0 });
  const task = /Task (\w+): /.exec(stderr)?.[1] ?? '';
  const log = await (await farm.client.readLog(await attemptOf(farm.client, { id: task }))).text();
  expect(log).toContain('\x00403\nnetwork: refused GET http://elsewhere.invalid/\n');
});

test.concurrent('a megabyte of every byte value comes and goes as it is', async () => {
  const { stdout, exitCode } = await piped(EVERY, 'cat');
  expect(exitCode).toBe(0);
  expect(Buffer.from(stdout).equals(EVERY)).toBe(true);
  const { stdout: sum } = await piped(EVERY, 'sha256sum', '/dev/stdin');
  expect(`${Buffer.from(sum)}`.slice(0, 64)).toBe(createHash('sha256').update(EVERY).digest('hex'));
});

test.concurrent('nothing piped in is the end at once; a command that does not read ends all the same', async () => {
  expect(await piped('', 'sh', '-c', 'cat; exit 4')).toMatchObject({ exitCode: 4 });
  expect(await piped(EVERY, 'sh', '-c', 'exit 5')).toMatchObject({ exitCode: 5 });
});

test.concurrent('no more is read for a command than it takes', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 10_000;
      yield Buffer.alloc(10_000);
    }
  }
  const { running, ended } = await atPipe(['sleep', '5'], endless());
  await running;
  // and the kernel's own pipe
  await until(() => read > WINDOW);
  await sleep(1500);
  expect(read).toBeLessThan(2 * WINDOW);
  expect(await ended).toMatchObject({ status: 0, outcome: 'success' });
});

test.concurrent('a command waits for whoever does not take what it prints', async () => {
  const size = 60_000_000;
  const goOn = Promise.withResolvers<void>();
  let taken = 0;
  async function* nothing() {}
  const command = ['head', '-c', `${size}`, '/dev/zero'];
  const { attempt, ended } = await atPipe(command, nothing(), async (bytes) => {
    taken += bytes.length;
    await goOn.promise;
  });
  await until(() => taken > 0);
  await sleep(1500);
  const log = await farm.client.readLog(attempt);
  const printed = Number(log.headers.get('content-length'));
  await log.body?.cancel();
  // What sockets take on the way is the system's: several megabytes each.
  expect(printed).toBeLessThan(size / 2);
  goOn.resolve();
  const { printed: end = 0 } = await ended;
  expect(end).toBeGreaterThan(size);
  expect(taken).toBeLessThanOrEqual(end);
});

test.concurrent('who takes it slowly gets all of it', async () => {
  const script = '"$0" images shell -- head -c 30000000 /dev/zero </dev/null | (sleep 3; wc -c)';
  const { stdout } = await execa('sh', ['-c', script, program], { env: environment() });
  expect(stdout).toBe('30000000');
});

test.concurrent('who vanishes leaves no command that takes half for the whole', async () => {
  const ran = shell('sh', '-c', 'cat >/tmp/half; echo who""le');
  ran.stdin.write('half');
  const task = await taskOf(ran);
  const attempt = await attemptOf(farm.client, { id: task });
  ran.kill('SIGKILL');
  const { outcome } = await farm.ended({ id: task });
  expect(outcome).toBe('timeout');
  const log = await (await farm.client.readLog(attempt)).text();
  expect(log).not.toContain('whole');
  await until(async () => (await leftOf(attempt)).length === 0);
});

test.concurrent('others see what it prints, and are told that they can type nothing', async () => {
  const ran = shell('sh', '-c', 'while read -r line; do echo "<$line>"; done');
  ran.stdin.write('one\n');
  const task = await taskOf(ran);
  const env = { ...environment(), FATBUILDR_NODE: process.execPath };
  const user = sitDown({ command: [program, 'join', task], env });
  await user.sees('somebody else pipes into it');
  ran.stdin.write('two\n');
  await user.sees('<two>');
  const other = await execa(program, ['join', task], { env, input: 'three\n', reject: false });
  expect(other).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('reads what somebody else pipes into it'),
  });
  ran.stdin.end();
  expect(`${Buffer.from((await ran).stdout)}`).toBe('<one>\n<two>\n');
  expect(await user.ended).toMatchObject({ status: 0 });
});

test.concurrent('what is piped to a terminal is refused, and the shell goes on', async () => {
  const user = sitDown({ command: [program, 'images', 'shell', '--', 'sh'], env: environment() });
  await user.sees('# ');
  const task = /Task (\w+):/.exec(user.screen())?.[1] ?? '';
  const other = await execa(program, ['join', task], { env: environment(), input: 'exit 3\n', reject: false });
  expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/is a terminal[^]*fatbuildrctl watch/) });
  user.type('exit 2\r');
  expect(await user.ended).toMatchObject({ status: 2 });
});

test('cuts on both sides lose nothing and double nothing', async () => {
  const ran = shell('sh', '-c', 'tee /dev/stderr | sha256sum');
  const input = randomBytes(600_000).toString('hex');
  await taskOf(ran);
  for (let at = 0; at < input.length; at += 100_000) {
    ran.stdin.write(input.slice(at, at + 100_000));
    await sleep(120);
    if (at === 400_000) usersLine.cut();
    if (at === 800_000) workersLine.cut();
  }
  ran.stdin.end();
  const { stdout, stderr, exitCode } = await ran;
  const sum = createHash('sha256').update(input).digest('hex');
  expect(`${exitCode} ${Buffer.from(stderr)}`).toMatch(/^0 /);
  expect(`${Buffer.from(stdout)}` === `${input}${sum}  -\n`).toBe(true);
});

test('people are told while their build host is away, and when it is back', async () => {
  const user = sitDown({
    command: [program, 'images', 'shell', '--', 'sh'],
    env: { ...environment(), FATBUILDR_URI: farm.url },
  });
  await user.sees('# ');
  workersLine.down();
  await user.sees('The build host cannot be reached at the moment. What is typed meanwhile is lost');
  user.type('exit 1\r');
  await sleep(500);
  workersLine.mend();
  await user.sees('It is back.');
  user.type('exit 6\r');
  expect(await user.ended).toEqual({ status: 6, restored: true });
});
