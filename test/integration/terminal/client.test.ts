import { execa } from 'execa';
import { test as base, describe, expect, vi } from 'vitest';
import { program } from '../farm/ctl.ts';
import { type StubServer, shellTask, startStubServer } from './stub-server.ts';
import { sitDown, type Typist } from './typist.ts';

const test = base.extend<{ server: StubServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from its pattern
  // oxlint-disable-next-line eslint/no-empty-pattern
  server: async ({}, use) => {
    const server = await startStubServer();
    await use(server);
    await server.close();
  },
});

const environment = ({ uri }: StubServer) => ({
  FATBUILDR_URI: uri,
  FATBUILDR_NODE: process.execPath,
  NO_COLOR: '1',
  HOME: '/nonexistent',
});
const ctl = (server: StubServer, ...words: string[]) =>
  sitDown({ command: [program, ...words], env: environment(server), columns: 100, rows: 30 });
const soon = (expectation: () => void) => vi.waitFor(expectation, 20_000);
const done = (change = {}) => shellTask({ state: 'done', outcome: 'success', ...change });

/** A user in a shell that has just begun. */
async function inShell(server: StubServer, ...words: string[]) {
  const user = ctl(server, ...(words.length > 0 ? words : ['images', 'shell']));
  const caller = await server.caller();
  caller.say({ attached: { state: 'running' } });
  caller.print(0, 'before it\n');
  caller.print(10, 'Welcome\r\n# ');
  await user.sees('# ');
  return { user, caller };
}

async function endWith(server: StubServer, user: Typist, status: number) {
  server.task = done();
  (await server.caller()).say({ ended: { status, outcome: 'success' } });
  return user.ended;
}

describe('a shell on a terminal', () => {
  test.concurrent('has its size and type; every key goes there as it is, and what is printed comes as it is', async ({
    server,
  }) => {
    const { user, caller } = await inShell(server);
    expect(Object.fromEntries(caller.query)).toEqual({
      columns: '100',
      rows: '30',
      term: 'xterm-256color',
      offset: '0',
    });
    expect(user.screen()).toContain('before it\r\n');
    user.type('\x03\x1a\r\x04');
    await soon(() => expect(caller.frames.join('')).toBe('031a0d04'));
    user.resize(120, 40);
    await soon(() => expect(caller.frames.at(-1)).toBe('{"resize":{"columns":120,"rows":40}}'));
    caller.print(21, '\x1b[2Jdown\nand \x1b]0;title\x07\x00.');
    await user.sees('\x1b[2Jdown\nand \x1b]0;title\x07\x00.');
    expect(await endWith(server, user, 7)).toEqual({ status: 7, restored: true });
  });

  test.concurrent('is left with a tilde and a dot, and goes on', async ({ server }) => {
    const { user, caller } = await inShell(server);
    user.type('ls ~.\r~');
    user.type('.');
    expect(await user.ended).toEqual({ status: 0, restored: true });
    expect(user.screen()).toContain('Left the shell; it goes on. Back with "fatbuildrctl join');
    expect(Buffer.from(caller.frames.join(''), 'hex').toString()).toBe('ls ~.\r');
    expect(server.asked).toEqual(['POST /instances/default/shells']);
  });

  test.concurrent('whose connection is cut comes back where it was', async ({ server }) => {
    const { user, caller } = await inShell(server);
    caller.cut();
    await user.sees('The connection was cut and is tried again. What is typed meanwhile is lost; ~. leaves.');
    const again = await server.caller(1);
    expect(again.query.get('offset')).toBe('21');
    again.say({ attached: { state: 'running' } });
    await user.sees('It is back.');
    again.print(21, 'more');
    again.print(5000, 'much later');
    await user.sees('(4975 bytes are left out here');
    await user.sees('much later');
    user.type('x');
    await soon(() => expect(again.frames).toEqual(['78']));
    server.task = done();
    again.say({ ended: { status: 0, outcome: 'success' } });
    expect(await user.ended).toEqual({ status: 0, restored: true });
  });

  test.concurrent('whose build host is away says so, and that it is back', async ({ server }) => {
    const { user, caller } = await inShell(server);
    caller.say({ attached: { state: 'unreachable' } });
    await user.sees('The build host cannot be reached at the moment. What is typed meanwhile is lost');
    user.type('lost');
    await new Promise((resolve) => setTimeout(resolve, 200));
    caller.say({ attached: { state: 'running' } });
    await user.sees('It is back.');
    user.type('x');
    await soon(() => expect(caller.frames).toEqual(['78']));
    expect(await endWith(server, user, 0)).toEqual({ status: 0, restored: true });
  });

  test.concurrent.for([
    ['SIGTERM', -15],
    ['SIGHUP', -1],
    ['SIGQUIT', -3],
  ] as const)('leaves the terminal as it was when it is killed with %s', async ([signal, status], { server }) => {
    const { user } = await inShell(server);
    user.signal(signal);
    expect(await user.ended).toEqual({ status, restored: true });
  });

  test.concurrent('leaves the terminal as it was when the server talks nonsense', async ({ server }) => {
    const { user, caller } = await inShell(server);
    caller.garbage();
    expect(await user.ended).toEqual({ status: 6, restored: true });
    expect(user.screen()).toContain('Error: The server at');
  });

  test.concurrent('that was ended from outside says why', async ({ server }) => {
    const { user, caller } = await inShell(server);
    const cause = { message: 'The shell was open for an hour.', hint: 'Raise limits.shell.' };
    server.task = done({ outcome: 'timeout', cause });
    caller.say({ ended: { status: null, outcome: 'timeout', message: cause.message } });
    expect(await user.ended).toEqual({ status: 3, restored: true });
    expect(user.screen()).toContain('The shell was open for an hour.\r\nRaise limits.shell.');
  });

  test.concurrent('that has no host yet is given up with Ctrl-C', async ({ server }) => {
    server.task = shellTask({ state: 'queued', waiting: 'All slots (2) of its workers are taken.', jobs: [] });
    const user = ctl(server, 'images', 'env-shell', '-d', 'bookworm');
    await user.sees('Waiting: All slots (2)');
    user.type('\x03');
    expect(await user.ended).toEqual({ status: 130, restored: true });
    expect(server.asked.at(-1)).toMatch(/^POST \/tasks\/a+\/cancel$/);
  });

  test.concurrent('that one may not have is refused in the words of the server', async ({ server }) => {
    server.refusal = { status: 403, detail: 'This shell is somebody else’s.' };
    const user = ctl(server, 'join', 'aaaa');
    expect(await user.ended).toEqual({ status: 4, restored: true });
    expect(user.screen()).toContain('This shell is somebody else’s.');
  });
});

describe('a shell without a terminal', () => {
  test.concurrent('ends with its reader: nobody has to wait for a pipe whose output is not read', async ({
    server,
  }) => {
    const pipeline = 'yes | { "$0" images shell -- sh; echo "status $?" >&2; } | head -1';
    const ran = execa('sh', ['-c', pipeline, program], { env: environment(server), reject: false });
    const caller = await server.caller();
    caller.print(0, 'before it\n');
    caller.say({ attached: { state: 'running', pipe: { yours: true, taken: 0, from: 10 } } });
    let offset = 10;
    const printing = setInterval(() => {
      caller.print(offset, 'line\n');
      offset += 5;
    }, 20);
    const { stdout, stderr } = await ran.finally(() => clearInterval(printing));
    expect(stdout).toBe('line');
    expect(stderr).toContain('status 0');
    expect(server.asked.at(-1)).toMatch(/^POST \/tasks\/.*\/cancel$/);
  });

  test.concurrent('reads what is piped in: each byte at its place, then how many there were', async ({ server }) => {
    const ran = execa(program, ['images', 'shell', '--', 'sh'], {
      env: environment(server),
      input: 'exit 3',
      reject: false,
    });
    const caller = await server.caller();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(caller.frames).toEqual([]);
    expect(caller.query.get('pipe')).toMatch(/^[0-9a-f]{32}$/);
    caller.print(0, 'before it\n');
    caller.say({ attached: { state: 'running', pipe: { yours: true, taken: 0, from: 10 } } });
    const script = Buffer.from('exit 3').toString('hex');
    await soon(() => expect(caller.frames).toEqual([`0000000000000000${script}`, '{"eof":6}']));
    caller.say({ taken: 2 });
    caller.cut();
    const again = await server.caller(1);
    expect(again.query.get('pipe')).toBe(caller.query.get('pipe'));
    again.say({ attached: { state: 'running', pipe: { yours: true, taken: 2, from: 10 } } });
    await soon(() => expect(again.frames).toEqual([`0000000000000000${script}`, '{"eof":6}']));
    again.print(10, 'said');
    server.task = done();
    again.say({ ended: { status: 3, printed: 14, outcome: 'success' } });
    expect(await ran).toMatchObject({ exitCode: 3, stdout: 'said', stderr: expect.stringContaining('before it') });
  });

  test.concurrent('whose standard input cannot be read is given up', async ({ server }) => {
    const unreadable = ['-c', '"$0" images shell -- sh 0>/dev/null', program];
    const ran = execa('sh', unreadable, { env: environment(server), reject: false });
    expect(await ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Standard input cannot be read') });
    expect(server.asked.at(-1)).toMatch(/cancel$/);
  });

  test.concurrent('is not what an interactive build can open', async ({ server }) => {
    const words = ['build', '--interactive', '-d', 'bookworm', '.'];
    const { exitCode, stderr } = await execa(program, words, { env: environment(server), input: '', reject: false });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('takes a terminal') });
  });
});

test.concurrent('who joins gets the end of what was printed; the build before the shell reads as a log', async ({
  server,
}) => {
  server.task = shellTask({ kind: 'build' });
  const { user, caller } = await inShell(server, 'join', 'aaaa');
  expect(caller.query.get('offset')).toBe(null);
  expect(user.screen()).toContain('before it\r\n');
  expect(await endWith(server, user, 1)).toEqual({ status: 1, restored: true });
});

test.concurrent('a task that has ended has no shell to join', async ({ server }) => {
  server.task = done();
  const user = ctl(server, 'join', 'aaaa');
  expect(await user.ended).toMatchObject({ status: 1 });
  expect(user.screen()).toMatch(/has ended, and its shell with it.[^]*fatbuildrctl watch a+" shows its log/);
});
