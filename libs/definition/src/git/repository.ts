import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { type RunResult, run } from '../run.ts';

/** A repository of our own. */
export interface Repository {
  /** Its work tree; `.git` is in it. */
  readonly directory: string;
  /** Runs git in it, a minute at most unless told otherwise. */
  git(args: readonly string[], options?: { timeoutMs?: number }): Promise<RunResult>;
}

const SETTINGS = {
  // What does not look as git writes it, names that lead into `.git` among them, is refused.
  'fetch.fsckObjects': 'true',
  'fetch.recurseSubmodules': 'false',
  // Kept as it was sent: unpacked, a few differences can come to any size.
  'fetch.unpackLimit': '1',
  'http.followRedirects': 'false',
  'protocol.version': '2',
  'credential.helper': '',
  'core.hooksPath': '/dev/null',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  // Memory: large files are streamed.
  'core.bigFileThreshold': '16m',
  'pack.threads': '1',
};

/** Nothing of this machine counts, and nobody is asked anything. */
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_ALLOW_PROTOCOL: 'http',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
};

/** Wins over every `.gitattributes`: files are what was committed, byte for byte. */
const ATTRIBUTES = '* -text -ident !filter !working-tree-encoding\n';

/** What git prints beyond this is no listing of a definition. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/** Makes an empty repository. @throws Failure `infrastructure-failure` when there is no git, or no room */
export async function createRepository(directory: string): Promise<Repository> {
  await mkdir(directory, { recursive: true });
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const repository: Repository = {
    directory,
    git: (args, { timeoutMs = 60_000 } = {}) =>
      run('git', [...settings, ...args], { cwd: directory, env: ENVIRONMENT, timeoutMs, maxOutputBytes: MAX_OUTPUT }),
  };
  const { status, stderr } = await repository.git(['init', '--quiet', '--template=', '--initial-branch=main']);
  if (status !== 0) {
    throw new Failure('infrastructure-failure', `git cannot make a repository: ${stderr.trim().slice(-1000)}`, {
      hint: 'Is there room on this build host?',
    });
  }
  await mkdir(join(directory, '.git/info'), { recursive: true });
  await writeFile(join(directory, '.git/info/attributes'), ATTRIBUTES);
  return repository;
}
