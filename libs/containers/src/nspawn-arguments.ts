import type { ContainerSpec, Mount } from './container.ts';

/** The line by which the container says that setting up is over and the command is next. */
export const startedMark = 'fatbuildr: container is up';

/**
 * What nspawn grants by default and no build tool needs. Kept are those that pbuilder, dpkg, mock and mkosi use:
 * mounts (SYS_ADMIN), device nodes (MKNOD), owners, file capabilities, users and chroot.
 */
const droppedCapabilities = [
  'CAP_AUDIT_CONTROL',
  'CAP_DAC_READ_SEARCH', // opens any file of the host's file system by handle
  'CAP_IPC_OWNER',
  'CAP_LEASE',
  'CAP_LINUX_IMMUTABLE', // an immutable file could not be cleaned up
  'CAP_NET_ADMIN', // granted with a private network
  'CAP_NET_BROADCAST',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE', // would write into the disk space reserved for the host
  'CAP_SYS_TTY_CONFIG',
];

/** What nspawn tells a booting system about its host; it would make builds differ by host. */
const hostVariables =
  'NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES container_uuid container_host_id container_host_version_id container_host_build_id container_host_variant_id';

/**
 * The first program in the container: standard error is nspawn's own, so say there that setting up is over, then
 * send the command's errors to its output, or to descriptor 3 where both are wanted apart. A terminal is made once the
 * container is up, and its number comes on standard input: the leader of a session, which this is, gets the terminal
 * that it opens first as its own.
 */
function prologue({ terminal, onStdout }: ContainerSpec): string {
  const up = `echo '${startedMark}' >&2; unset ${hostVariables};`;
  if (terminal) return `${up} read -r terminal; exec "$@" <>"/dev/pts/$terminal" >&0 2>&1`;
  return `${up} exec "$@" ${onStdout === undefined ? '2>&1' : '2>&3 3>&-'}`;
}

/**
 * Arguments of systemd-nspawn(1) for `spec`. Without `--kill-signal`, a SIGTERM to nspawn kills the container at once.
 */
export function nspawnArguments(spec: ContainerSpec): string[] {
  const extra = spec.capabilities ?? [];
  return [
    '--quiet',
    '--register=no',
    '--keep-unit',
    '--as-pid2',
    '--pipe',
    '--settings=no',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--hostname=localhost',
    `--machine=${spec.name}`,
    `--directory=${spec.root}`,
    spec.network.kind === 'none' ? '--private-network' : `--network-namespace-path=/run/netns/${spec.network.name}`,
    `--drop-capability=${droppedCapabilities.filter((capability) => !extra.includes(capability)).join(',')}`,
    ...(extra.length > 0 ? [`--capability=${extra.join(',')}`] : []),
    ...[...temporaryMount(spec), ...(spec.mounts ?? [])].map(
      (mount) => `--bind${mount.readOnly ? '-ro' : ''}=${escapeColons(mount.source)}:${escapeColons(mount.target)}`,
    ),
    ...Object.entries(spec.environment ?? {}).map(([name, value]) => `--setenv=${name}=${value}`),
    ...(spec.user === undefined ? [] : [`--user=${spec.user}`]),
    ...(spec.personality === undefined ? [] : [`--personality=${spec.personality}`]),
    ...(spec.workingDirectory === undefined ? [] : [`--chdir=${spec.workingDirectory}`]),
    '--',
    '/bin/sh',
    '-c',
    prologue(spec),
    'sh',
    ...spec.command,
  ];
}

function temporaryMount({ temporary }: ContainerSpec): Mount[] {
  return temporary === undefined ? [] : [{ source: temporary, target: '/tmp' }];
}

function escapeColons(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
}
