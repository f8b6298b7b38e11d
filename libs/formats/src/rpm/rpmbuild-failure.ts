import { Failure } from '@fatbuildr/domain';

/** What rpmbuild ends with when build dependencies are not met; of anything else it is 1. */
export const UNMET = 11;

/** A package with what a `%generate_buildrequires` has to say requires this of rpm. */
export const DYNAMIC_REQUIREMENT = 'rpmlib(DynamicBuildRequires)';

const ERROR = /^error: (?:line (\d+): )?(.*)$/;

/** An error of rpm, with what is indented below it. */
interface RpmError {
  line: string | undefined;
  message: string;
}

function errorsIn(log: string): RpmError[] {
  const found: RpmError[] = [];
  let last: RpmError | undefined;
  for (const line of log.split('\n')) {
    const [, number, message] = ERROR.exec(line.trimEnd()) ?? [];
    if (message !== undefined) {
      last = { line: number, message: message.slice(0, 1000) };
      found.push(last);
    } else if (last?.message.endsWith(':') && /^\s+\S/.test(line)) last.message += ` ${line.trim().slice(0, 1000)}`;
    else last = undefined;
  }
  return found;
}

/**
 * What it means that `rpmbuild -bs` made no source package, told from its output: that is the spec file's fault.
 *
 * @param spec for messages, as the user knows it: `rpm/hello.spec`
 */
export function sourceRpmFailure(status: number, log: string, spec: string): Failure {
  const errors = errorsIn(log);
  const [first] = errors;
  const where = first?.line === undefined ? spec : `${spec}:${first.line}`;
  const missing = errors.map(({ message }) => /^Bad (?:file|source): (\S+?):? /.exec(`${message} `)?.[1]).find(Boolean);
  if (isNoProgram(status)) return noRpmbuild();
  if (missing !== undefined) {
    return new Failure('rejected', `${spec} names a source that is not there: ${missing.split('/').at(-1)}`, {
      hint: 'Put the file beside it, in rpm/, or declare sources with {{ sources }} and patches with {{ patches }}.',
      where: spec,
    });
  }
  return new Failure('rejected', `${where} is no spec file: ${first?.message ?? 'rpmbuild says nothing of it'}`, {
    hint: 'Correct it, and submit again; the log has all that rpmbuild says.',
    where,
  });
}

/** What it means that a source package that was submitted could not be made anew in the environment. */
export function remadeSourceFailure(status: number, log: string, srpm: string): Failure {
  if (isNoProgram(status)) return noRpmbuild();
  const [first] = errorsIn(log);
  const line = first?.line === undefined ? '' : `line ${first.line} of its spec file: `;
  const why = `${line}${first?.message ?? 'rpm says nothing of it'}`;
  return new Failure('rejected', `The source package ${srpm} cannot be made anew for the distribution: ${why}`, {
    hint: 'It may be for a newer rpm, or a distribution with other macros; the log has all that rpm says.',
    where: srpm,
  });
}

/** A shell's word for a program that cannot be run, or is not there. rpmbuild itself does not end so. */
function isNoProgram(status: number): boolean {
  return status === 126 || status === 127;
}

function noRpmbuild(): Failure {
  return new Failure('infrastructure-failure', 'rpmbuild cannot be run in the build environment.', {
    hint: 'The log says what is missing. Is commands.rpmbuild of fatbuildr.yml right? Else make the environment anew: fatbuildrctl images env-create -f rpm --force',
  });
}

/** What the exit status of a build means; undefined for a success. `error` is the line that tells most. */
export function rpmbuildFailure(status: number, error: string | undefined): Failure | undefined {
  if (status === 0) return undefined;
  if (isNoProgram(status)) return noRpmbuild();
  if (status === UNMET) {
    return new Failure('dependency-failure', 'Build dependencies that only the build itself tells are not met.', {
      hint: 'The log names them; publish the missing packages in this distribution and derivative first.',
    });
  }
  return new Failure('build-failure', `The package failed to build${error === undefined ? '' : `: ${error}`}`, {
    hint: 'The log shows what led to it, in the phase build.',
  });
}
