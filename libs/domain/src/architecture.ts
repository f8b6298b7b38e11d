import type { Format } from './names.ts';

/** Debian's names, used everywhere inside, and those of `uname -m`, which RPM uses. Debian Policy 11.1, `dpkg-architecture -L`. */
const unameOf: Record<string, string> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  armhf: 'armv7hl',
  i386: 'i686',
  loong64: 'loongarch64',
  ppc64el: 'ppc64le',
  riscv64: 'riscv64',
  s390x: 's390x',
};

/** The names an instance file may use, in Debian's spelling. */
export const knownArchitectures: readonly string[] = Object.keys(unameOf);

/** Debian's name of `name` in either spelling (`x86_64` → `amd64`), or undefined for one that is not known. */
export function parseArchitecture(name: string): string | undefined {
  if (Object.hasOwn(unameOf, name)) return name;
  if (name === 'armv7l') return 'armhf';
  return knownArchitectures.find((architecture) => unameOf[architecture] === name);
}

/** How packages of a format spell an architecture: `amd64` is `x86_64` in RPM. */
export function archName(architecture: string, format: Exclude<Format, 'osi'>): string {
  return format === 'deb' ? architecture : (unameOf[architecture] ?? architecture);
}

/** Where dnf's `$basearch` is not the architecture of the packages. */
const baseOf: Record<string, string> = { armhf: 'armhfp', i386: 'i386' };

/** dnf's `$basearch` of an architecture in Debian's spelling: what its repositories are called. */
export function baseArchitecture(architecture: string): string {
  return baseOf[architecture] ?? archName(architecture, 'rpm');
}
