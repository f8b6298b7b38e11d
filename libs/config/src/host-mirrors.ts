import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptEntry, parseList, parseSources } from './apt-entry.ts';

/** Where an archive is, and with which keyring to check it, if the host says so. */
export interface AptMirror {
  uri: string;
  signedBy: string | undefined;
}

/** The archives that a host takes its own system from. */
export interface HostMirrors {
  mirror: AptMirror | undefined;
  security: AptMirror | undefined;
}

/**
 * The archives that the host whose file system is at `root` uses, out of /etc/apt/sources.list and sources.list.d.
 * Only http and https, only what has `main`: other machines have no use for the rest.
 * Files that cannot be read or parsed are passed over: apt complains of them to those who can mend them.
 */
export async function hostMirrors(root = '/'): Promise<HostMirrors> {
  const entries = (await readEntries(join(root, 'etc/apt'))).filter(isUsable);
  const release = await releaseName(join(root, 'etc/os-release'));
  // Other vendors' archives may carry the release's name as well, so what is surely the system's comes first.
  const own = [...entries.filter(isSystems), ...entries.filter((entry) => entry.suite.split(/[-/]/)[0] === release)];
  const bases = own.filter((entry) => !/[-/]/.test(entry.suite));
  return {
    mirror: asMirror(bases.find((entry) => entry.suite === release) ?? bases[0]),
    security: asMirror(own.find((entry) => /(-security|\/updates)$/.test(entry.suite))),
  };
}

function isUsable({ uri, components }: AptEntry): boolean {
  return /^https?:/.test(uri) && components.includes('main');
}

function isSystems({ uri, signedBy }: AptEntry): boolean {
  return /\/(debian|ubuntu)(-security)?(\/|$)/.test(uri) || /\/(debian|ubuntu)-archive-/.test(signedBy ?? '');
}

function asMirror(entry: AptEntry | undefined): AptMirror | undefined {
  return entry && { uri: entry.uri, signedBy: entry.signedBy };
}

async function readEntries(apt: string): Promise<AptEntry[]> {
  const parts: string[] = await readdir(join(apt, 'sources.list.d')).catch(() => []);
  const files = [join(apt, 'sources.list'), ...parts.toSorted().map((name) => join(apt, 'sources.list.d', name))];
  const entries = await Promise.all(
    files.map((file) =>
      readFile(file, 'utf8')
        .then(parserFor(file))
        .catch(() => []),
    ),
  );
  return entries.flat();
}

function parserFor(file: string): (text: string) => AptEntry[] {
  if (file.endsWith('.sources')) return parseSources;
  return file.endsWith('.list') ? parseList : () => [];
}

async function releaseName(osRelease: string): Promise<string | undefined> {
  const text = await readFile(osRelease, 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
}
