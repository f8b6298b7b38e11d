import { Failure } from '@fatbuildr/domain';

/** A build dependency that dnf could not satisfy. */
export interface UnmetRequirement {
  /** As in BuildRequires: `libfoo-devel >= 2`. */
  dependency: string;
  /** Why not. */
  reason: string;
}

/** Of the fourth dnf, and of the fifth (libdnf5, `log_event.cpp`). */
const NO_MATCH = /^\s*(?:No matching package to install: '(.+)'|No match for argument: (.+))$/;
const NOTHING_PROVIDES = /nothing provides (.+?)(?: needed by (\S+))?(?: from \S+)?$/;
const CONFLICT = /^\s*- (.*conflicts with .*|.*cannot install .*)$/;
/** What dnf says when it is not the packages that are wrong. */
const OUTSIDE =
  /^(?:Error: )?(Failed to download metadata|Error downloading packages|Cannot download|Curl error|GPG check FAILED|Failed to synchronize cache|Unable to detect release version)/;

/** What either says that does not have the command; in Fedora each has it in a package of its own. */
const NO_BUILDDEP = /^(?:Unknown argument "builddep" for command|No such command: builddep)/m;

/** The dependencies that the output of dnf names as unmet, each once, in order. */
export function unmetRequirements(log: string): UnmetRequirement[] {
  const found = log.split('\n').flatMap((line): UnmetRequirement[] => {
    const [, fourth, missing = fourth] = NO_MATCH.exec(line) ?? [];
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
  if (NO_BUILDDEP.test(log)) {
    return new Failure('infrastructure-failure', 'The dnf of the tool image has no builddep.', {
      hint: 'Make the image anew: fatbuildrctl images update -f rpm. One of your own needs dnf5-plugins, dnf-plugins-core for dnf 4.',
    });
  }
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
