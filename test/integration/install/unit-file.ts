import { readFileSync } from 'node:fs';

/** The `[Service]` settings of a unit that say what is run and as whom. */
export interface ServiceUnit {
  user: string;
  group: string;
  supplementaryGroups: string[];
  umask: string;
  command: string[];
  runtimeDirectory: { name: string; mode: number } | undefined;
}

/** Reads a unit file far enough to run its service without systemd. */
export function readServiceUnit(file: string): ServiceUnit {
  const text = readFileSync(file, 'utf8');
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
  const user = setting('User') ?? 'root';
  const name = setting('RuntimeDirectory');
  return {
    user,
    group: setting('Group') ?? user,
    supplementaryGroups: setting('SupplementaryGroups')?.split(' ') ?? [],
    umask: setting('UMask') ?? '0022',
    command: (setting('ExecStart') ?? '').split(' ').map((word) => (word === '""' ? '' : word)),
    runtimeDirectory: name ? { name, mode: Number.parseInt(setting('RuntimeDirectoryMode') ?? '0755', 8) } : undefined,
  };
}
