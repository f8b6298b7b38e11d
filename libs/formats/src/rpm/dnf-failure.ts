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
/** A file that two packages have; of the fourth dnf it has no dash before it. */
const FILE_CONFLICT =
  /^\s*(?:- )?(file \S+ (?:from install of .+ conflicts with file from|conflicts between attempted installs of) .+)$/;
/** What dnf says when it is not the packages that are wrong: the repository, its key, the way there or the host is. */
const OUTSIDE = new RegExp(
  [
    '^(?:Error: )?(?:Failed to download|Error downloading packages|Cannot download|(?:>>> )?Curl error|Librepo error',
    '|GPG check FAILED|Failed to retrieve (?:GPG|OpenPGP|new) key|Failed to synchronize cache',
    '|Unable to detect release version|Transaction failed: Signature verification failed)',
    '|(?:OpenPGP|GPG) check for package .+ failed|^Public key for \\S+ is not installed|^Package \\S+ is not signed',
    '|unpacking of archive failed|[Nn]o space left on device|[Dd]isk quota exceeded|[Cc]annot allocate memory',
    '|[Rr]ead-only file system|more space needed on the|needs \\d+[KMGT]?B more space on|[Ii]nput/output error',
    '|rpmdb open failed|cannot open Packages',
  ].join(''),
);
/** A transaction that was resolved, and failed while it was carried out. */
const TRANSACTION_FAILED = /^(?:Error: )?Transaction failed/;
/** Where a package's own script ended it, that package is wrong. */
const SCRIPTLET = /scriptlet failed|Error in (?:<unknown>|[A-Z]+) scriptlet/;

/** What either says that does not have the command; in Fedora each has it in a package of its own. */
const NO_BUILDDEP = /^(?:Unknown argument "builddep" for command|No such command: builddep)/m;

/** The dependencies that the output of dnf names as unmet, each once, in order. */
export function unmetRequirements(log: string): UnmetRequirement[] {
  const found = log.split('\n').flatMap((line): UnmetRequirement[] => {
    const [, fourth, missing = fourth] = NO_MATCH.exec(line) ?? [];
    if (missing !== undefined) return [{ dependency: missing, reason: 'no such package' }];
    const [, wanted, by] = NOTHING_PROVIDES.exec(line) ?? [];
    if (wanted !== undefined) return [{ dependency: wanted, reason: by ? `needed by ${by}` : 'nothing provides it' }];
    const [, conflict] = CONFLICT.exec(line) ?? FILE_CONFLICT.exec(line) ?? [];
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
  const outside = outsideReason(log.split('\n'));
  const unmet = unmetRequirements(log);
  if (outside !== undefined && unmet.length === 0) {
    return new Failure('infrastructure-failure', `Build dependencies could not be fetched or unpacked: ${outside}`, {
      hint: 'Is the repository there and its key the right one, and has the host space left? The log has the lines before.',
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

/** The line that says that neither a package nor its dependencies are at fault, if there is one. */
function outsideReason(lines: readonly string[]): string | undefined {
  const own = lines.find((line) => OUTSIDE.test(line.trim()));
  if (own !== undefined || lines.some((line) => SCRIPTLET.test(line))) return own?.trim();
  return lines.find((line) => TRANSACTION_FAILED.test(line.trim()))?.trim();
}
