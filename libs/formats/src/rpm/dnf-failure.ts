import { Failure } from '@fatbuildr/domain';

/** A build dependency that dnf could not satisfy. */
export interface UnmetRequirement {
  /** As in BuildRequires: `libfoo-devel >= 2`. */
  dependency: string;
  /** Why not. */
  reason: string;
}

const NO_MATCH = /^No matching package to install: '(.+)'$/;
const NOTHING_PROVIDES = /nothing provides (.+?)(?: needed by (\S+))?(?: from \S+)?$/;
const CONFLICT = /^\s*- (.*conflicts with .*|.*cannot install .*)$/;
/** What dnf says when it is not the packages that are wrong. */
const OUTSIDE =
  /^(?:Error: )?(Failed to download metadata|Error downloading packages|Cannot download|Curl error|GPG check FAILED|Failed to synchronize cache|Unable to detect release version)/;

/** The dependencies that the output of dnf names as unmet, each once, in order. */
export function unmetRequirements(log: string): UnmetRequirement[] {
  const found = log.split('\n').flatMap((line): UnmetRequirement[] => {
    const [, missing] = NO_MATCH.exec(line) ?? [];
    if (missing !== undefined) return [{ dependency: missing, reason: 'no such package' }];
    const [, wanted, by] = NOTHING_PROVIDES.exec(line) ?? [];
    if (wanted !== undefined) return [{ dependency: wanted, reason: by ? `needed by ${by}` : 'nothing provides it' }];
    const [, conflict] = CONFLICT.exec(line) ?? [];
    return conflict === undefined ? [] : [{ dependency: conflict, reason: 'they exclude one another' }];
  });
  return found.filter(({ dependency }, index) => found.findIndex((one) => one.dependency === dependency) === index);
}

/** What it means that dnf could not install build dependencies, told from its output. */
export function dnfFailure(log: string): Failure {
  const outside = log.split('\n').find((line) => OUTSIDE.test(line));
  const unmet = unmetRequirements(log);
  if (outside !== undefined && unmet.length === 0) {
    return new Failure('infrastructure-failure', `Build dependencies could not be fetched: ${outside}`, {
      hint: 'Is the repository there, and its key the right one? The log has the lines before.',
    });
  }
  if (unmet.length === 0) {
    return new Failure('dependency-failure', 'The build dependencies could not be installed.', {
      hint: 'The last lines of the log, in the phase dependencies, say why.',
    });
  }
  const list = unmet.map(({ dependency, reason }) => `${dependency} (${reason})`).join(', ');
  return new Failure('dependency-failure', `Build dependencies are not met: ${list}`, {
    hint: 'Correct BuildRequires, or publish the missing packages in this distribution and derivative first.',
  });
}
