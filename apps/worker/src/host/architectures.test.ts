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

/** A format as the kernel shows it. */
const format = (flags: string, state = 'enabled') =>
  `${state}\ninterpreter /usr/libexec/qemu-binfmt/some\nflags: ${flags}\noffset 0\nmagic 7f454c46\n`;

test('a machine without emulation has its own alone', async () => {
  expect(await runnableArchitectures('amd64', kernel)).toEqual(['amd64']);
});

test('i386 runs on amd64 where the kernel has it, and nowhere else by that', async () => {
  await write({ 'abi/vsyscall32': '1\n' });
  expect(await runnableArchitectures('amd64', kernel)).toEqual(['amd64', 'i386']);
  expect(await runnableArchitectures('arm64', kernel)).toEqual(['arm64']);
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
  expect(await runnableArchitectures('amd64', kernel)).toEqual(['amd64', 'arm64', 'armhf']);
});

test('nothing is emulated while binfmt_misc is switched off', async () => {
  await write({ 'fs/binfmt_misc/status': 'disabled\n', 'fs/binfmt_misc/qemu-aarch64': format('POCF') });
  expect(await runnableArchitectures('amd64', kernel)).toEqual(['amd64']);
});
