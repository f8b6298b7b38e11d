/** The width of the paths' column. */
const COLUMN = 55;

/** What a package puts into Contents: a line for each path, in order (Debian repository format, "Contents" indices). */
export function renderContents(name: string, section: string, paths: readonly string[]): string {
  // What is no section would be read as other owners or lines.
  const owner = /^[^\s,]+$/.test(section) ? `${section}/${name}` : name;
  return paths
    .toSorted()
    .map((path) => `${path.padEnd(COLUMN)} ${owner}\n`)
    .join('');
}

/**
 * A piece of Contents, in order. A path of several packages is one line with its owners; it stands on two where they
 * are in two pieces, which apt-file reads as well.
 */
export function joinContents(parts: readonly Uint8Array[]): Uint8Array {
  const lines = parts.flatMap((part) => Buffer.from(part).toString().split('\n')).filter((line) => line !== '');
  const joined: string[] = [];
  let last = { path: '', owners: '' };
  const flush = () => {
    if (last.owners !== '') joined.push(`${last.path} ${last.owners}\n`);
  };
  for (const line of lines.sort()) {
    const end = line.lastIndexOf(' ');
    const [path, owner] = [line.slice(0, end), line.slice(end + 1)];
    if (path !== last.path) {
      flush();
      last = { path, owners: owner };
    } else if (!last.owners.split(',').includes(owner)) last.owners += `,${owner}`;
  }
  flush();
  return Buffer.from(joined.join(''));
}
