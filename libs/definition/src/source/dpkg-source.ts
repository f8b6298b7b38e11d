import { Failure } from '@fatbuildr/domain';
import { run } from '../run.ts';

/**
 * Runs `dpkg-source -b` on a tree beside its original tarball.
 *
 * @throws Failure `rejected` that names the patch, the file and the hunk that does not apply, or tells
 * dpkg-source's own words.
 */
export async function dpkgSource(directory: string, tree: string, epochSeconds: number, log: (line: string) => void) {
  const { status, stdout, stderr, stopped } = await run('dpkg-source', ['-b', tree], {
    cwd: directory,
    env: { SOURCE_DATE_EPOCH: String(epochSeconds) },
    timeoutMs: 30 * 60_000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
  // Of the two outputs, what patch says and what dpkg-source says of it follow each other within the first.
  const output = `${stdout}${stderr}`;
  for (const line of output.trimEnd().split('\n')) log(line);
  if (stopped === 'timeout') throw new Failure('rejected', 'dpkg-source takes longer than half an hour');
  if (stopped === 'output') throw new Failure('rejected', 'dpkg-source prints more than 16 MiB');
  if (status === null) {
    throw new Failure('infrastructure-failure', `dpkg-source was stopped by the host: ${output.slice(-500)}`);
  }
  if (status !== 0) throw patchFailure(output) ?? otherFailure(output);
}

/** The failure of a patch as dpkg-source and patch(1) tell it; undefined when it was something else. */
export function patchFailure(output: string): Failure | undefined {
  const patch = /\bLC_ALL=C patch .*debian\/patches\/(\S+)/.exec(output)?.[1];
  if (patch === undefined) return undefined;
  const hunks: string[] = [];
  let file = '';
  for (const line of output.split('\n')) {
    file = /^(?:patching|checking) file (.+)$/.exec(line)?.[1] ?? file;
    const missing = /^can't find file to patch at input line (\d+)/.exec(line);
    const hunk = /^(Hunk #\d+) (?:FAILED at (\d+)|ignored at (\d+)|succeeded at (\d+) with fuzz)/.exec(line);
    if (line.startsWith('dpkg-source: info: applying ')) hunks.length = 0;
    if (missing) hunks.push(`line ${missing[1]} names a file that does not exist`);
    if (hunk)
      hunks.push(
        `${hunk[1]} at line ${hunk[2] ?? hunk[3] ?? hunk[4]} of ${file}${hunk[4] ? ' fits only roughly' : ''}`,
      );
  }
  const malformed = /malformed patch at line \d+/.exec(output)?.[0];
  const what = hunks.length > 0 ? hunks.join(', ') : (malformed ?? 'see the log');
  return new Failure('rejected', `The patch ${patch} does not apply: ${what}`, {
    hint: 'Refresh the patch against this upstream version',
    where: patch,
  });
}

function otherFailure(output: string): Failure {
  const errors = output.split('\n').filter((line) => /^dpkg-source: error: |^tar: /.test(line));
  const why = (errors.length > 0 ? errors : output.trimEnd().split('\n').slice(-3)).join('\n').slice(0, 4000);
  return new Failure('rejected', `dpkg-source cannot make the source package: ${why}`);
}
