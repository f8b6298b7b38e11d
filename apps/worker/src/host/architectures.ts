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

/** What this machine can run. */
export interface Runnable {
  /** In Debian's spelling, its own first. */
  architectures: string[];
  /** Why those are not among them that the kernel has an emulator of, and what to do, for people. */
  limitations: string[];
}

/**
 * The architectures that programs run of on this machine: its own, i386 on amd64 where the kernel has it, and those that
 * the kernel hands to an emulator (binfmt_misc, as the package qemu-user-static sets it up). The flag F counts: the
 * emulator of any other is looked for in the chroot, where it is not.
 */
export async function runnableArchitectures(native: string, kernel = '/proc/sys'): Promise<Runnable> {
  const own = native === 'amd64' && (await isThere(join(kernel, 'abi/vsyscall32'))) ? [native, 'i386'] : [native];
  const emulators = await emulatorsIn(join(kernel, 'fs/binfmt_misc'));
  const usable = emulators.filter(({ isHeldOpen }) => isHeldOpen).map(({ architecture }) => architecture);
  const architectures = [...new Set([...own, ...usable])];
  const others = emulators.filter(({ architecture }) => !architectures.includes(architecture));
  return { architectures, limitations: await Promise.all(others.map(whyUnusable)) };
}

/** What qemu calls architectures that have other names everywhere else. */
const QEMU_NAMES: Record<string, string> = { arm: 'armhf', i386: 'i386' };

/** A registration of qemu that is switched on. */
interface Emulator {
  name: string;
  architecture: string;
  interpreter: string;
  /** The flag F: it was opened when it was registered, and runs wherever it is needed. */
  isHeldOpen: boolean;
}

async function emulatorsIn(directory: string): Promise<Emulator[]> {
  const names = await readdir(directory).catch(() => []);
  if ((await textOf(join(directory, 'status'))) !== 'enabled') return [];
  const found = names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map(async (name) => {
      const [, machine] = /^qemu-(\w+)$/.exec(name) ?? [];
      const architecture = machine && (QEMU_NAMES[machine] ?? parseArchitecture(machine));
      if (!architecture) return [];
      const lines = (await textOf(join(directory, name))).split('\n');
      if (!lines.includes('enabled')) return [];
      const interpreter = lines.find((line) => line.startsWith('interpreter '))?.slice('interpreter '.length) ?? '';
      return [{ name, architecture, interpreter, isHeldOpen: lines.some((line) => /^flags: .*F/.test(line)) }];
    });
  return (await Promise.all(found)).flat();
}

async function whyUnusable({ name, architecture, interpreter }: Emulator): Promise<string> {
  const [why, remedy] = (await isThere(interpreter))
    ? [`its emulator ${interpreter} is registered without the flag F: no container finds it`, 'register it with F']
    : [`its emulator ${interpreter} is registered and not there`, 'install qemu-user-static'];
  const undo = `echo -1 > /proc/sys/fs/binfmt_misc/${name}`;
  const how = `${undo}, ${remedy} (docs/administration.md, "Several architectures"), and start the worker again`;
  return `${architecture} is not built for: ${why}; ${how}`;
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
