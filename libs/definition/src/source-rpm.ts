import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, SourceName } from '@fatbuildr/domain';
import type { SourceRpmPlan } from './plan.ts';
import { run } from './run.ts';

const limits = { timeoutMs: 10 * 60_000, maxOutputBytes: 1024 * 1024 };

/**
 * What a source RPM says of itself, after its digests were checked: a truncated one is found here. Signatures are not
 * looked at.
 *
 * @throws Failure `rejected` that says what it is instead
 */
export async function readSourceRpm(directory: string, srpm: string): Promise<SourceRpmPlan> {
  const path = join(directory, srpm);
  if (!(await lstat(path).catch(() => undefined))?.isFile()) throw refusedSourceRpm(srpm, 'it was not sent');
  const own = { cwd: directory, ...limits };
  const database = ['--dbpath', join(directory, 'rpmdb')];
  const query = await run(
    'rpm',
    [...database, '-qp', '--nosignature', '--qf', '%{NAME}\\n%{SOURCEPACKAGE}\\n%{NOSOURCE}%{NOPATCH}\\n', path],
    own,
  );
  if (query.status !== 0) throw refusedSourceRpm(srpm, complaint(query.stderr, 'it is no RPM package'));
  const [name = '', source = '', missing = ''] = query.stdout.split('\n');
  if (source !== '1') throw refusedSourceRpm(srpm, 'it is a package of binaries');
  if (missing !== '(none)(none)') throw refusedSourceRpm(srpm, 'it lacks sources of its own (a .nosrc.rpm)');
  if (!SourceName.safeParse(name).success)
    throw refusedSourceRpm(srpm, `"${name}" is not the name of a source package`);
  const check = await run('rpmkeys', [...database, '--checksig', '--nosignature', path], own);
  if (check.status !== 0)
    throw refusedSourceRpm(srpm, complaint(`${check.stdout}${check.stderr}`, 'its digests do not fit'));
  return { kind: 'srpm', name, srpm, warnings: [] };
}

function complaint(output: string, otherwise: string): string {
  const line = output.split('\n').find((one) => one.trim() !== '' && !one.startsWith('warning:'));
  return line === undefined ? otherwise : `${otherwise} (${line.trim().slice(0, 500)})`;
}

/** That something is no source RPM, or not whole. */
export function refusedSourceRpm(srpm: string, why: string): Failure {
  return new Failure('rejected', `The source package ${srpm} is refused: ${why}`, {
    hint: 'Make it anew with rpmbuild -bs, or get the whole of it: dnf download --source NAME',
    where: srpm,
  });
}
