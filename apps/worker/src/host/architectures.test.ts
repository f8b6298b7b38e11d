import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runnableArchitectures } from './architectures.ts';

let kernel: string;
beforeEach(async () => {
  kernel = await mkdtemp(join(tmpdir(), 'fatbuildr-kernel-'));
});
afterEach(() => rm(kernel, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(kernel, name)), { recursive: true });
    await writeFile(join(kernel, name), text);
  }
}

const architectures = async (native: string) => (await runnableArchitectures(native, kernel)).architectures;

/** A format as the kernel shows it. */
const format = (flags: string, state = 'enabled', interpreter = process.execPath) =>
  `${state}\ninterpreter ${interpreter}\nflags: ${flags}\noffset 0\nmagic 7f454c46\n`;

test('a machine without emulation has its own alone', async () => {
  expect(await architectures('amd64')).toEqual(['amd64']);
});

test('i386 runs on amd64 where the kernel has it, and nowhere else by that', async () => {
  await write({ 'abi/vsyscall32': '1\n' });
  expect(await architectures('amd64')).toEqual(['amd64', 'i386']);
  expect(await architectures('arm64')).toEqual(['arm64']);
});

test('those with an emulator that is held open count, by the names that packages go by', async () => {
  await write({
    'fs/binfmt_misc/status': 'enabled\n',
    'fs/binfmt_misc/register': '',
    'fs/binfmt_misc/qemu-aarch64': format('POCF'),
    'fs/binfmt_misc/qemu-arm': format('F'),
    'fs/binfmt_misc/qemu-ppc64le': format('OC'),
    'fs/binfmt_misc/qemu-riscv64': format('POCF', 'disabled'),
    'fs/binfmt_misc/qemu-sparc64': format('POCF'),
    'fs/binfmt_misc/qemu-x86_64': format('POCF'),
    'fs/binfmt_misc/python3.11': format('F'),
  });
  expect(await architectures('amd64')).toEqual(['amd64', 'arm64', 'armhf']);
});

test('nothing is emulated while binfmt_misc is switched off', async () => {
  await write({ 'fs/binfmt_misc/status': 'disabled\n', 'fs/binfmt_misc/qemu-aarch64': format('POCF') });
  expect(await architectures('amd64')).toEqual(['amd64']);
});

test('an emulator that no container finds is told, with what to do', async () => {
  await write({
    'fs/binfmt_misc/status': 'enabled\n',
    'fs/binfmt_misc/qemu-aarch64': format('OC'),
    'fs/binfmt_misc/qemu-arm': format('', 'enabled', join(kernel, 'qemu-arm')),
    'fs/binfmt_misc/qemu-ppc64le': format('', 'disabled'),
    'fs/binfmt_misc/qemu-riscv64': format('F', 'enabled', join(kernel, 'replaced-since')),
    'fs/binfmt_misc/qemu-x86_64': format('OC'),
  });
  const { architectures, limitations } = await runnableArchitectures('amd64', kernel);
  expect(architectures).toEqual(['amd64', 'riscv64']);
  expect(limitations).toEqual([
    `arm64 is not built for: its emulator ${process.execPath} is registered without the flag F: no container finds it; ` +
      'echo -1 > /proc/sys/fs/binfmt_misc/qemu-aarch64, register it with F (docs/administration.md, ' +
      '"Several architectures"), and start the worker again',
    `armhf is not built for: its emulator ${kernel}/qemu-arm is registered and not there; ` +
      'echo -1 > /proc/sys/fs/binfmt_misc/qemu-arm, install qemu-user-static (docs/administration.md, ' +
      '"Several architectures"), and start the worker again',
  ]);
});
