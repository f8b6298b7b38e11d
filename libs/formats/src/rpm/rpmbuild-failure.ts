import { Failure } from '@fatbuildr/domain';

/** What rpmbuild ends with when build dependencies are not met; of anything else it is 1. */
export const UNMET = 11;

/** A package with what a `%generate_buildrequires` has to say requires this of rpm. */
export const DYNAMIC_REQUIREMENT = 'rpmlib(DynamicBuildRequires)';

const ERROR = /^error: (?:line (\d+): )?(.*)$/;

/**
 * What it means that `rpmbuild -bs` made no source package, told from its output: that is the spec file's fault.
 *
 * @param spec for messages, as the user knows it: `rpm/hello.spec`
 */
export function sourceRpmFailure(log: string, spec: string): Failure {
  const errors = log.split('\n').flatMap((line) => {
    const [, number, message] = ERROR.exec(line.trimEnd()) ?? [];
    return message === undefined ? [] : [{ line: number, message: message.slice(0, 1000) }];
  });
  const [first] = errors;
  const where = first?.line === undefined ? spec : `${spec}:${first.line}`;
  const missing = errors.map(({ message }) => /^Bad (?:file|source): (\S+?):? /.exec(`${message} `)?.[1]).find(Boolean);
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

/** What the exit status of a build means; undefined for a success. `error` is the line that tells most. */
export function rpmbuildFailure(status: number, error: string | undefined): Failure | undefined {
  if (status === 0) return undefined;
  if (status === UNMET) {
    return new Failure('dependency-failure', 'Build dependencies that only the build itself tells are not met.', {
      hint: 'The log names them; publish the missing packages in this distribution and derivative first.',
    });
  }
  return new Failure('build-failure', `The package failed to build${error === undefined ? '' : `: ${error}`}`, {
    hint: 'The log shows what led to it, in the phase build.',
  });
}
