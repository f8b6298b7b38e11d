/** Debian's names, and those of mkosi 25 (`mkosi.config.Architecture`), which are neither uname's nor systemd's throughout. */
const mkosiOf: Record<string, string> = {
  amd64: 'x86-64',
  arm64: 'arm64',
  armhf: 'arm',
  i386: 'x86',
  loong64: 'loongarch64',
  ppc64el: 'ppc64-le',
  riscv64: 'riscv64',
  s390x: 's390x',
};

/** What `mkosi --architecture=` takes for an architecture in Debian's spelling. */
export function mkosiArchitecture(architecture: string): string {
  return mkosiOf[architecture] ?? architecture;
}
