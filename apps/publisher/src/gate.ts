import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { Failure } from '@fatbuildr/domain';
import type { StagedPublication } from '@fatbuildr/registry';

/** How long (ms) a program may try a publication, and clean up once it was told that its time is over. */
const LIMITS = { triesMs: 10 * 60_000, cleansMs: 10_000 };
/** Of what it says, so much of the end is told. */
const TOLD = 4_000;

/**
 * Lets the program that a distribution names try each publication before clients see it. It is told by its environment
 * where the publication is, by its standard input what is new in it, a line for each package, and answers by its exit
 * status. Undefined where no distribution names one.
 *
 * @param publicKey the armoured keys of an instance: clients may not have been given them yet
 */
export function gateOf(
  { instances }: Pick<Config, 'instances'>,
  publicKey: (instance: string) => Promise<string>,
  limits = LIMITS,
): ((staged: StagedPublication) => Promise<void>) | undefined {
  if (!instances.some(({ distributions }) => distributions.some(({ gate }) => gate !== undefined))) return undefined;
  return async ({ repository, revision, directory, added }) => {
    const { instance, format, distribution, derivatives, architectures } = repository;
    const program = instances
      .find(({ id }) => id === instance)
      ?.distributions.find((one) => one.format === format && one.name === distribution)?.gate;
    if (program === undefined) return;
    const keyring = join(directory, 'keyring.asc');
    await writeFile(keyring, await publicKey(instance));
    const environment = {
      FATBUILDR_DIRECTORY: directory,
      FATBUILDR_KEYRING: keyring,
      FATBUILDR_INSTANCE: instance,
      FATBUILDR_FORMAT: format,
      FATBUILDR_DISTRIBUTION: distribution,
      FATBUILDR_DERIVATIVES: derivatives.join(' '),
      FATBUILDR_ARCHITECTURES: architectures.join(' '),
      FATBUILDR_REVISION: String(revision),
    };
    const lines = added.map(({ derivative, name, version, architecture: of }) =>
      [derivative, name, version, of].join(' '),
    );
    const end = await run(program, environment, lines.map((line) => `${line}\n`).join(''), limits);
    if (end.status !== 0) throw refusal(program, end);
  };
}

interface End {
  /** Null when it could not be asked. */
  status: number | null;
  how: string;
  /** The end of what it said. */
  said: string;
}

/** Runs it in a process group of its own, of which nothing is left when its time is over. Never rejects. */
function run(program: string, environment: Record<string, string>, input: string, limits: typeof LIMITS): Promise<End> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment };
  const child = spawn(program, [], { env, cwd: '/', detached: true, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-TOLD);
    });
  }
  // Whoever does not read it may go without.
  child.stdin.on('error', () => {}).end(input);

  let late = false;
  const signal = (name: NodeJS.Signals) => {
    late = true;
    if (child.pid !== undefined) signalGroup(child.pid, name);
  };
  const timers = [
    setTimeout(signal, limits.triesMs, 'SIGTERM'),
    setTimeout(signal, limits.triesMs + limits.cleansMs, 'SIGKILL'),
  ];
  return new Promise((resolve) => {
    const end = (status: number | null, how: string) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ status, how, said: said.trim() });
    };
    child.on('error', ({ message }) => end(null, message));
    child.on('close', (status, endedBy) => {
      if (late) end(null, `it had no answer within ${limits.triesMs / 60_000} minutes`);
      else end(status, endedBy ? `it was ended by ${endedBy}` : `it ended with status ${status}`);
    });
  });
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function refusal(program: string, { status, how, said }: End): Failure {
  const words = (what: string) => `the gate ${program} ${what}: ${how}${said && `\n${said}`}`;
  const before = 'Clients see what they saw before.';
  return status === null
    ? new Failure('infrastructure-failure', words('could not be asked'), {
        hint: `${before} Mend the gate, and try the task again.`,
      })
    : new Failure('publish-failure', words('refused the publication'), {
        hint: `${before} Mend the package or the gate, and try the task again.`,
      });
}
