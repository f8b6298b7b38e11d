/** Parts of Debian's name of an architecture that differ from `gnu-linux-NAME`: ABI and CPU, `dpkg-architecture -L`. */
const ODD: Record<string, [abi: string, cpu: string]> = { armhf: ['eabihf', 'arm'] };

/**
 * Whether a source package makes packages for an architecture, those for all aside. `architectures` is the field
 * `Architecture` of its .dsc, split: names, `any`, and wildcards as `linux-any` and `any-arm64` (Debian Policy 11.1.1).
 */
export function makesPackagesFor(architectures: readonly string[], architecture: string): boolean {
  const [abi, cpu] = ODD[architecture] ?? ['base', architecture];
  const own = [abi, 'gnu', 'linux', cpu];
  return architectures.some((one) => {
    if (one === architecture) return true;
    const parts = one.split('-');
    const isWildcard = parts.includes('any');
    const whole = [...Array.from({ length: own.length - parts.length }, () => 'any'), ...parts];
    return isWildcard && whole.every((part, index) => part === 'any' || part === own[index]);
  });
}
