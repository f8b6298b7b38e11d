import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const worker = fileURLToPath(new URL('../../../apps/worker/src/main.ts', import.meta.url));

/** A network namespace joined to ours by a veth: another host, as far as the network goes. */
export interface OtherHost {
  /** Ours and its own end of the cable. */
  ours: string;
  theirs: string;
  /** The namespace, for {@link startWorkerProcess}. */
  namespace: string;
  /** Both ends by the names of their interfaces. */
  near: string;
  far: string;
  /** Pulls the cable, and puts it back. */
  unplug(): void;
  plug(): void;
  remove(): void;
}

/** `subnet` is the third number of 10.214.x.0/24. */
export function otherHost(subnet: number): OtherHost {
  const namespace = `fbhost${subnet}`;
  const [near, far] = [`fbh${subnet}a`, `fbh${subnet}b`] as const;
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });
  const [ours, theirs] = [`10.214.${subnet}.1`, `10.214.${subnet}.2`];
  ip('netns', 'add', namespace);
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace);
    ip('address', 'add', `${ours}/24`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', namespace, 'address', 'add', `${theirs}/24`, 'dev', far);
    ip('-n', namespace, 'link', 'set', far, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  } catch (error) {
    ip('netns', 'delete', namespace);
    throw error;
  }
  return {
    ours,
    theirs,
    namespace,
    near,
    far,
    // The far end: with ours down the address would still be served, to ourselves.
    unplug: () => void ip('-n', namespace, 'link', 'set', far, 'down'),
    plug: () => void ip('-n', namespace, 'link', 'set', far, 'up'),
    remove: () => void ip('netns', 'delete', namespace),
  };
}

/** A worker that runs as a process of its own, and what it writes. */
export interface WorkerProcess {
  child: ChildProcess;
  output(): string;
  /** SIGTERM, unless it has ended; resolves to its exit status. */
  stop(): Promise<number | null>;
}

/** Starts `fatbuildrd worker` with `args`; in `namespace`, or here; `variables` come on top of the environment. */
export function startWorkerProcess(
  args: string[],
  namespace?: string,
  variables: Record<string, string> = {},
): WorkerProcess {
  const command = [process.execPath, worker, ...args];
  const [program = '', ...rest] = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command];
  const env = { ...process.env, ...variables };
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    child,
    output: () => Buffer.concat(chunks).toString(),
    stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      return ended;
    },
  };
}
