import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, parseArchitecture } from '@fatbuildr/domain';

/** This machine's architecture in Debian's spelling. */
export function hostArchitecture(): string {
  const uname = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686', arm: 'armv7l', ppc64: 'ppc64le' }[
    process.arch as string
  ];
  const found = parseArchitecture(uname ?? process.arch);
  if (found) return found;
  throw new Failure('infrastructure-failure', `Nothing can be built on a machine of the architecture ${process.arch}.`);
}

/**
 * The architectures that programs run of on this machine, in Debian's spelling, its own first: i386 on amd64 where the
 * kernel has it, and those that the kernel hands to an emulator (binfmt_misc, as the package qemu-user-static sets it
 * up). The flag F counts: the emulator of any other is looked for in the chroot, where it is not.
 */
export async function runnableArchitectures(native: string, kernel = '/proc/sys'): Promise<string[]> {
  const own = native === 'amd64' && (await isThere(join(kernel, 'abi/vsyscall32'))) ? ['i386'] : [];
  return [...new Set([native, ...own, ...(await emulated(join(kernel, 'fs/binfmt_misc')))])];
}

/** What qemu calls architectures that have other names everywhere else. */
const QEMU_NAMES: Record<string, string> = { arm: 'armhf', i386: 'i386' };

async function emulated(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  if ((await textOf(join(directory, 'status'))) !== 'enabled') return [];
  const found = names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map(async (name) => {
      const [, machine] = /^qemu-(\w+)$/.exec(name) ?? [];
      const architecture = machine && (QEMU_NAMES[machine] ?? parseArchitecture(machine));
      if (!architecture) return [];
      const lines = (await textOf(join(directory, name))).split('\n');
      const isUsable = lines.includes('enabled') && lines.some((line) => /^flags: .*F/.test(line));
      return isUsable ? [architecture] : [];
    });
  return (await Promise.all(found)).flat();
}

async function textOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
