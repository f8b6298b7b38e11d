import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { cleanRoot } from '../e2e/clean-root.ts';
import { root } from '../e2e/farm.ts';
import { cacheHello } from '../e2e/sources.ts';
import { farm } from '../e2e/this-farm.ts';

/* GNU hello for this machine and for an architecture that its kernel hands to qemu. */

const foreign = process.arch === 'x64' ? 'arm64' : 'amd64';
const announced = (await farm.client.workers({})).workers.flatMap(({ architectures }) => architectures);
const reason = `this machine does not emulate ${foreign}: docs/administration.md says what it takes`;
const version = '2.10-1.deb12';

const succeeds = async (args: string[], input?: string) => {
  const words = [...args, '--instance', 'emulated'];
  const ran = await farm.ctl(words, {}, input === undefined ? undefined : Readable.from([input]));
  if (ran.status !== 0) throw new Error(`${words.join(' ')} ended with ${ran.status}:\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
};

test('one build for both is one publication, and what was emulated installs and runs', async (context) => {
  context.skip(!announced.includes(foreign), reason);
  await cacheHello();
  await succeeds(['keyring', 'create']);
  await succeeds(['images', 'env-create', '-d', 'bookworm']);
  const hello = ['-b', join(root, 'examples'), '-a', 'hello', '-d', 'bookworm', '-f', 'deb', '-m', 'For both'];
  const built = await farm.build([...hello, '--instance', 'emulated', '--architecture', 'amd64,arm64']);
  expect(built).toMatchObject({ status: 0, task: { outcome: 'success', version } });
  const jobs = Object.fromEntries(built.task?.jobs.map(({ name, outcome }) => [name, outcome]) ?? []);
  const success = 'success';
  expect(jobs).toEqual({ source: success, 'binary:amd64': success, 'binary:arm64': success, publish: success });

  const client = await cleanRoot('bookworm', 'emulated');
  try {
    await client.run('dpkg', '--add-architecture', foreign);
    await client.update();
    const get = `cd /tmp && apt-get -o APT::Architecture=${foreign} download hello && dpkg-deb -f hello_*.deb`;
    const fields = await client.run('sh', '-c', get);
    expect(fields).toContain(`\nVersion: ${version}\n`);
    expect(fields).toContain(`\nArchitecture: ${foreign}\n`);
    expect(await client.install('hello')).toContain(version);
    expect(await client.run('hello')).toBe('Hello, world!');
  } finally {
    await client.remove();
  }

  const script = `apt-get -qq update && apt-get install -y hello=${version} >/dev/null
dpkg-query -W -f '\${Version} \${Architecture}\\n' hello && hello\n`;
  const shell = ['images', 'env-shell', '-d', 'bookworm', '--architecture', foreign];
  expect(await succeeds(shell, script)).toContain(`${version} ${foreign}\nHello, world!`);
}, 1_200_000);
