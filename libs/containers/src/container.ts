/** A directory or file of the host shown in the container. `source` exists; `target` is absolute and made when absent. */
export interface Mount {
  source: string;
  target: string;
  readOnly?: boolean;
}

/**
 * What the container can reach: `none` has a loopback of its own and nothing else, `namespace` joins
 * a network namespace made before (see `createJobNetwork`). The host's network is never offered.
 */
export type ContainerNetwork = { kind: 'none' } | { kind: 'namespace'; name: string };

/** Applied where the host offers cgroups with the controller; a warning goes to the runner's log where it does not. */
export interface ContainerLimits {
  memoryBytes?: number;
  processes?: number;
}

/** A limit that the kernel enforces. */
export type LimitName = 'memory' | 'processes';

/** Takes output as it comes. Reading waits for a returned promise, so a slow taker slows the build and not the memory. */
export type OutputHandler = (chunk: Buffer) => void | Promise<void>;

export interface TerminalDimensions {
  columns: number;
  rows: number;
}

/** The other end of a container's terminal. What is printed goes to `onOutput`. */
export interface ContainerTerminal {
  /** Types. Resolves when there is room for more: a command that reads nothing has its typist wait. */
  type(bytes: Uint8Array): Promise<void>;
  /** The foreground is told by SIGWINCH. */
  resize(size: TerminalDimensions): void;
  /** As if the line were cut: SIGHUP to the command and to what is in the foreground. */
  hangUp(): void;
}

/** A pipe that the command reads as its standard input. */
export interface ContainerInput {
  /** Resolves when the pipe has taken all of it, or nobody reads it any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** The command reads its end, after all that was written. */
  end(): void;
}

export interface ContainerSpec {
  /** Unique among the running containers of the host: the attempt's id plus a suffix. Letters, digits, `-`, `.`. */
  name: string;
  /** Directory tree that becomes `/`, usually a merged overlay. One container at a time per tree. */
  root: string;
  /** Program and arguments; no shell in between. A program that is not there ends with code 127. */
  command: readonly [string, ...string[]];
  mounts?: readonly Mount[];
  /**
   * The directory of the host that is `/tmp`, made where it is missing, for anybody to write to. Otherwise `/tmp` is in memory
   * and small: systemd-nspawn's tmpfs of a tenth of it.
   */
  temporary?: string;
  /** The whole environment, but for `container`, `HOME`, `USER`, `LOGNAME`, `LANG` and `PATH`, which have defaults. */
  environment?: Readonly<Record<string, string>>;
  /** A name or uid that the container's own passwd knows. Default: root. Must be able to run `/bin/sh`. */
  user?: string;
  /** Absolute, in the container. Default: `/`. */
  workingDirectory?: string;
  network: ContainerNetwork;
  /** Kept or added beyond the driver's set, for example `CAP_NET_ADMIN` (in the container's own network only). */
  capabilities?: readonly string[];
  limits?: ContainerLimits;
  /**
   * Gives the command a terminal of its own as standard input, output and error. Only root can have one. Not together
   * with `input` or `onStdout`.
   */
  terminal?: TerminalDimensions;
  /** What `uname -m` says where that is not the machine's own: `x86` is a 32-bit one on amd64. */
  personality?: 'x86';
  /** What the command reads on its standard input, or that it is piped in while it runs; end of file at once when absent. */
  input?: Buffer | 'piped';
  /** Standard output and error, merged in the order they were written; error alone when `onStdout` is given. */
  onOutput: OutputHandler;
  /** Takes standard output apart from `onOutput`. */
  onStdout?: OutputHandler;
}

/**
 * Exactly one of both is not null. `signal` is set when the container was killed; a command that dies by a signal of
 * its own has code 255, as systemd-nspawn's init reports it.
 */
export interface ContainerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Limits that were enforced while it ran, whether the command survived that or not; absent when none was. */
  exceeded?: readonly LimitName[];
}

export interface RunningContainer {
  readonly name: string;
  /** Where the spec asked for one. */
  readonly terminal?: ContainerTerminal;
  /** Where the spec asks for piped input. */
  readonly input?: ContainerInput;
  /**
   * Settles when no process of the container is left and all output was taken. Rejects only with what an
   * output handler threw; the container was killed then.
   */
  readonly exited: Promise<ContainerExit>;
  /**
   * Asks the command to end (SIGTERM), kills the container's init after `graceMs`, and resolves when nothing is left.
   * May be called any number of times, at once too, and after the end; the shortest grace counts. Never rejects.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Runs commands in containers without a user namespace: hygiene, not a wall.
 *
 * The container's init ends with the command, and with it ends everything in the container, daemons included. It also
 * dies with the process that started it.
 */
export interface ContainerRunner {
  /**
   * Resolves when the command is about to run. Any number may be started concurrently, with names and roots of
   * their own; a name and a root may be used again after `exited`.
   *
   * @throws {Failure} `infrastructure-failure` when the container can not be set up; nothing is left then.
   */
  start(spec: ContainerSpec): Promise<RunningContainer>;
}
