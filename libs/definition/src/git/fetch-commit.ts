import { Failure } from '@fatbuildr/domain';
import type { GitRequest } from '../protocol.ts';
import type { RunResult } from '../run.ts';
import type { Repository } from './repository.ts';

/** As long as the download of a source may take, ms. */
const FETCH_MS = 600_000;

/** Fetches one commit without its history; returns its full id. @throws Failure that says what of the request is wrong */
export async function fetchCommit({ git }: Repository, request: GitRequest): Promise<string> {
  const { url, ref, name } = request;
  const asked = ref ?? 'HEAD';
  const fetched = await git(['fetch', '--quiet', '--depth=1', '--no-tags', '--', url, asked], { timeoutMs: FETCH_MS });
  if (fetched.status !== 0) throw fetchFailure(fetched, request);
  const { status, stdout } = await git(['rev-parse', '--verify', '--quiet', 'FETCH_HEAD^{commit}']);
  if (status === 0) return stdout.trim();
  throw new Failure('rejected', `${asked} of ${name} is not a commit.`, {
    hint: 'Name a branch, a tag or a commit.',
  });
}

/** What git says of what is the user's to correct; it speaks English, as its environment names no language. */
const MISTAKES: { said: RegExp; message: (ref: string | null, name: string) => string; hint: string }[] = [
  {
    said: /couldn't find remote ref/,
    message: (ref, name) => (ref === null ? `${name} is empty.` : `${name} has no branch or tag ${ref}.`),
    hint: 'git ls-remote lists what a repository has. A commit is named by its full id.',
  },
  {
    said: /unadvertised object|not our ref/,
    message: (ref, name) => `${name} has no commit ${ref}, or does not give it out by its id.`,
    hint: 'Name a branch or tag that leads to it.',
  },
  {
    said: /fsck error|badly formed|index-pack failed/,
    message: (_, name) => `${name} holds what git itself would not write.`,
    hint: 'The log has what git says of it; git fsck finds it in a clone.',
  },
  {
    said: /mismatched algorithms/,
    message: (_, name) => `${name} names its objects by sha256, which is not supported.`,
    hint: 'Send the definition along: fatbuildrctl build DIRECTORY',
  },
];

function fetchFailure({ stderr, stopped }: RunResult, { ref, name }: GitRequest): Failure {
  const mistake = MISTAKES.find(({ said }) => said.test(stderr));
  process.stderr.write(stderr);
  if (mistake) return new Failure('rejected', mistake.message(ref, name), { hint: mistake.hint });
  if (stopped === 'timeout') {
    const why = `it took longer than ${FETCH_MS / 60_000} minutes`;
    return new Failure('infrastructure-failure', `${name} could not be fetched: ${why}`, { hint: 'Try again later.' });
  }
  // Another host would come to the same. Trouble of the network and a full disk are told by who sees them.
  return new Failure('rejected', `${name} could not be fetched: ${reasonIn(stderr) || 'git did not say why'}`, {
    hint: 'Does "git clone" get it? The definition can be sent along as well: fatbuildrctl build DIRECTORY',
  });
}

/** What git ended with first: what it says after that follows from it. */
function reasonIn(text: string): string {
  return (/^fatal: .*/m.exec(text)?.[0] ?? text.trim()).replaceAll(/\p{Cc}/gu, ' ').slice(0, 1000);
}
