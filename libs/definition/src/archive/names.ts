/**
 * Names in an archive are handled as strings of bytes (latin1), so that those in no known encoding survive.
 */
export type ByteName = string;

/** The bytes of a name given as text, and back. */
export const toByteName = (text: string): ByteName => Buffer.from(text, 'utf8').toString('latin1');
export const toText = (name: ByteName): string => Buffer.from(name, 'latin1').toString('utf8');

/**
 * The name below the archive's root, without `.` and doubled slashes; empty for the root itself.
 * Undefined when it is absolute, climbs with `..`, or holds a NUL.
 */
export function normaliseName(name: ByteName): ByteName | undefined {
  if (name.startsWith('/') || name.includes('\0')) return undefined;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** The directories above a name, outermost first. */
export function parentsOf(name: ByteName): ByteName[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * Whether a symbolic link at `name`, followed through all others of the tree, ever leaves the root.
 *
 * A look at the text alone does not do: `a/up -> ..` is harmless, and so looks `b -> a/up/../x`.
 */
export function linkEscapes(name: ByteName, links: ReadonlyMap<ByteName, ByteName>): boolean {
  const at: string[] = [];
  let ahead = name.split('/');
  // The kernel gives up after 40 links (ELOOP), and then nothing is reached.
  for (let hops = 0; hops <= 40; ) {
    const part = ahead.shift();
    if (part === undefined) return false;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    at.push(part);
    const target = links.get(at.join('/'));
    if (target === undefined) continue;
    if (target.startsWith('/')) return true;
    at.pop();
    ahead = [...target.split('/'), ...ahead];
    hops++;
  }
  return false;
}
