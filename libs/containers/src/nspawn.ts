import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rmdir } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { cgroupWarning, createLimitGroups, type LimitGroups } from './cgroups.ts';
import type { ContainerExit, ContainerRunner, ContainerSpec, OutputHandler, RunningContainer } from './container.ts';
import { type InputPipe, openInputPipe } from './input-pipe.ts';
import { nspawnArguments } from './nspawn-arguments.ts';
import { followDiagnostics } from './nspawn-diagnostics.ts';
import { type OutputPipe, openOutputPipe } from './output-pipe.ts';
import { childrenOf, sendSignal } from './processes.ts';
import { type HeldTerminal, holdTerminal } from './terminal.ts';

export interface NspawnOptions {
  /** Takes what an administrator should see: what this host does not protect from, limits that it can not apply. */
  warn: (message: string) => void;
}

/**
 * Joins the cgroups that come before `--`, then becomes nspawn under the same pid. nspawn hands descriptor 3 on as
 * systemd's socket activation does (sd_listen_fds(3)); when this process dies it gets SIGTERM and ends the container.
 */
const launcher =
  'while [ "$1" != -- ]; do echo $$ > "$1" || exit; shift; done; shift; ' +
  'export LISTEN_PID=$$ LISTEN_FDS=1; exec setpriv --pdeathsig TERM systemd-nspawn "$@"';

/** Runs containers with systemd-nspawn(1) as root, without a user namespace and without systemd as the host's init. */
export function createNspawnRunner({ warn }: NspawnOptions): ContainerRunner {
  const warning = cgroupWarning(readFileSync('/proc/self/cgroup', 'utf8'));
  if (warning !== undefined) warn(warning);
  return {
    async start(spec) {
      const limits = await createLimitGroups(spec.name, spec.limits ?? {}, warn);
      try {
        return await startContainer(spec, limits);
      } catch (error) {
        await limits.remove();
        throw error;
      }
    },
  };
}

async function startContainer(spec: ContainerSpec, limits: LimitGroups): Promise<RunningContainer> {
  if (spec.temporary !== undefined) {
    await mkdir(spec.temporary, { recursive: true });
    await chmod(spec.temporary, 0o1777);
  }
  const out = await openOutputPipe();
  const err = spec.onStdout === undefined ? undefined : await openOutputPipe();
  const piped = spec.input === 'piped' ? await openInputPipe() : undefined;
  const nspawn = launch(spec, limits.processFiles, { out, err, piped });
  const diagnostics = followDiagnostics(nspawn.stderr as NonNullable<typeof nspawn.stderr>);

  let killed = false;
  let over = false;
  let inits: number[] = [];
  const kill = async () => {
    killed = true;
    // nspawn may have been killed under its container: while output is open, the init that started is alive.
    const found = nspawn.pid === undefined ? [] : await childrenOf(nspawn.pid);
    const leaders = found.length > 0 || over ? found : inits;
    for (const leader of leaders) sendSignal(leader, 'SIGKILL');
    if (leaders.length === 0) nspawn.kill('SIGTERM');
  };

  let takerError: { error: unknown } | undefined;
  const take = async (pipe: OutputPipe, handler: OutputHandler) => {
    try {
      for await (const chunk of pipe.reader) await handler(chunk as Buffer);
    } catch (error) {
      takerError ??= { error };
      await kill();
    }
  };
  let terminal: HeldTerminal | undefined;
  const taken = [take(out, spec.onStdout ?? spec.onOutput), ...(err === undefined ? [] : [take(err, spec.onOutput)])];

  const exited = ended(nspawn).then(async (code): Promise<ContainerExit> => {
    over = true;
    piped?.drop();
    await Promise.all(taken);
    await terminal?.release().catch((error: unknown) => {
      takerError ??= { error };
    });
    // Left behind where /run is on a disk: nspawn removes it on a tmpfs only.
    await rmdir(`/run/systemd/nspawn/propagate/${spec.name}`).catch(() => undefined);
    const exceeded = await limits.exceeded();
    await limits.remove();
    if (takerError !== undefined) throw takerError.error;
    const byForce = code !== null && code !== 0 && diagnostics.killed();
    const end = code === null || byForce ? ({ code: null, signal: 'SIGKILL' } as const) : { code, signal: null };
    return exceeded.length > 0 ? { ...end, exceeded } : end;
  });
  exited.catch(() => undefined);

  const up = await Promise.race([diagnostics.started, exited.then(() => false)]);
  if (!up && !diagnostics.sawStart()) {
    throw new Failure('infrastructure-failure', `container ${spec.name} could not be set up: ${diagnostics.text()}`, {
      hint: 'Check that systemd-container is installed, that the worker runs as root and that the image is complete.',
    });
  }

  if (nspawn.pid !== undefined) inits = await childrenOf(nspawn.pid);
  if (spec.terminal) {
    try {
      terminal = await holdTerminal(inits[0] ?? 0, spec.terminal, async (chunk) => {
        try {
          await spec.onOutput(chunk);
        } catch (error) {
          await kill();
          throw error;
        }
      });
    } catch (error) {
      await kill();
      await exited.catch(() => undefined);
      throw error;
    }
    nspawn.stdin?.end(`${terminal.number}\n`);
  }

  const terminate = async () => {
    for (const init of inits) {
      for (const command of await childrenOf(init)) sendSignal(command, 'SIGTERM');
    }
  };
  return {
    name: spec.name,
    ...(terminal ? { terminal } : {}),
    ...(piped ? { input: piped.input } : {}),
    exited,
    async stop(graceMs) {
      if (!over && !killed) {
        if (graceMs > 0) await terminate();
        const timer = setTimeout(() => void kill(), graceMs);
        await exited.catch(() => undefined);
        clearTimeout(timer);
      }
      await exited.catch(() => undefined);
    },
  };
}

interface Pipes {
  out: OutputPipe;
  err: OutputPipe | undefined;
  piped: InputPipe | undefined;
}

function launch(spec: ContainerSpec, processFiles: string[], { out, err, piped }: Pipes): ChildProcess {
  try {
    const child = spawn('/bin/sh', ['-c', launcher, 'sh', ...processFiles, '--', ...nspawnArguments(spec)], {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      // A group of its own: Ctrl-C at a terminal asks the worker, not the build.
      detached: true,
      stdio: [
        piped?.reader ?? (spec.input === undefined && !spec.terminal ? 'ignore' : 'pipe'),
        out.writer,
        'pipe',
        err?.writer ?? out.writer,
      ],
    });
    child.stdin?.on('error', () => undefined); // a command need not read its input
    if (!spec.terminal) child.stdin?.end(spec.input);
    return child;
  } finally {
    out.closeWriter();
    err?.closeWriter();
    piped?.closeReader();
  }
}

/** Exit code of nspawn, null when it was killed itself. */
function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code));
  });
}
