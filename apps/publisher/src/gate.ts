import { type ExecFileException, execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { Failure } from '@fatbuildr/domain';
import type { StagedPublication } from '@fatbuildr/registry';

/** How long (ms) a program may try a publication, and clean up once it was told that its time is over. */
const GATE_MS = 10 * 60_000;
const GRACE_MS = 10_000;
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
    await run(program, environment, lines.map((line) => `${line}\n`).join(''));
  };
}

function run(program: string, environment: Record<string, string>, input: string): Promise<void> {
  const options = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment }, cwd: '/', timeout: GATE_MS };
  return new Promise((resolve, reject) => {
    const last = setTimeout(() => child.kill('SIGKILL'), GATE_MS + GRACE_MS);
    const child = execFile(program, [], { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      clearTimeout(last);
      if (!error) return resolve();
      const said = `${stdout}${stderr}`.trim().slice(-TOLD);
      const words = (what: string) => `the gate ${program} ${what}: ${reasonOf(error)}${said && `\n${said}`}`;
      const before = 'Clients see what they saw before.';
      reject(
        typeof error.code === 'number'
          ? new Failure('publish-failure', words('refused the publication'), {
              hint: `${before} Mend the package or the gate, and try the task again.`,
              cause: error,
            })
          : new Failure('infrastructure-failure', words('could not be asked'), {
              hint: `${before} Mend the gate, and try the task again.`,
              cause: error,
            }),
      );
    });
    // Whoever does not read it may go without.
    child.stdin?.on('error', () => {}).end(input);
  });
}

function reasonOf({ code, killed, signal, message }: ExecFileException): string {
  if (killed) return `it had no answer within ${GATE_MS / 60_000} minutes`;
  if (signal) return `it was ended by ${signal}`;
  return typeof code === 'number' ? `it ended with status ${code}` : message;
}
