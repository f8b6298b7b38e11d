import { Failure } from '@fatbuildr/domain';
import { COUNT_CCACHE, TELL_CCACHE } from '../ccache.ts';
import { PBUILDER_UID, shellQuote } from './pbuilder-config.ts';
import { parseUnmetDependencies } from './unmet-dependencies.ts';

/** A point that a build by pbuilder reaches, each told by a hook inside the chroot (pbuilder(8), `--hookdir`). */
export type BuildPoint = 'dependencies' | 'build' | 'built' | 'failed';

/** D runs before dependencies are installed, A before the build, B after it went well, C after it failed. */
const hookPoints: Record<'D' | 'A' | 'B' | 'C', BuildPoint> = {
  D: 'dependencies',
  A: 'build',
  B: 'built',
  C: 'failed',
};

/** What pbuilder prints once it has seen that it can take the network away; it goes on without when it cannot. */
const networkDisabled = 'network access will be disabled during build';

const extractionFailed = 'pbuilder: Failed extracting the source';

export interface HookFile {
  name: string;
  /** Executable for root alone: the build, an ordinary user, cannot read the nonce out of it. */
  mode: number;
  text: string;
}

/** The hook files of one build, for a directory of their own. `nonce` is a fresh random word of letters and digits. */
export function phaseHooks(nonce: string): HookFile[] {
  if (!/^[A-Za-z0-9]{16,}$/.test(nonce)) throw new RangeError('the nonce must be 16 or more letters and digits');
  return Object.entries(hookPoints).map(([letter, point]) => ({
    name: `${letter}00phase`,
    mode: 0o700,
    text: `#!/bin/sh\nprintf '\\n%s\\n' '${marker(nonce, point)}'\n`,
  }));
}

/** Hooks that have ccache count what this build takes from it, and tell it when the build went well. */
export function ccacheHooks(): HookFile[] {
  const user = `setpriv --reuid=${PBUILDER_UID} --regid=${PBUILDER_UID} --clear-groups`;
  return Object.entries({ A50ccache: COUNT_CCACHE, B50ccache: TELL_CCACHE }).map(([name, command]) => ({
    name,
    mode: 0o700,
    text: `#!/bin/sh\nexec ${user} sh -c ${shellQuote(command)}\n`,
  }));
}

/** Follows the output of one pbuilder run. */
export interface BuildFollower {
  /**
   * Takes the next line, without its newline; tells the point the build has come to when the line says so.
   *
   * @throws Failure `infrastructure-failure` when dependencies are about to be installed and pbuilder has not said
   * that the build will have no network: the caller stops the container.
   */
  line(text: string): BuildPoint | undefined;
  /** The failure that an exit status means after all lines, undefined for a success. */
  end(exitStatus: number): Failure | undefined;
}

/** The lines between the start of dependencies and the build that are kept for finding the unmet ones. */
const keptLines = 2000;

/** A follower for the run whose hooks were made with `nonce`. */
export function followBuild(nonce: string): BuildFollower {
  const points = new Map(Object.values(hookPoints).map((point) => [marker(nonce, point), point]));
  const seen = new Set<BuildPoint>();
  const dependencyLines: string[] = [];
  let disabled = false;
  let unpackFailed = false;

  return {
    line(text) {
      const point = points.get(text.trim());
      if (point === undefined) {
        if (seen.size === 0 && text.includes(networkDisabled)) disabled = true;
        if (seen.size === 0 && text.includes(extractionFailed)) unpackFailed = true;
        if (seen.has('dependencies') && !seen.has('build')) {
          dependencyLines.push(text.slice(0, 1000));
          if (dependencyLines.length > keptLines) dependencyLines.shift();
        }
        return undefined;
      }
      if (!disabled) throw networkLeftOpen();
      seen.add(point);
      return point;
    },
    end(exitStatus) {
      if (seen.has('failed')) return new Failure('build-failure', 'The package failed to build');
      if (exitStatus === 0 && seen.has('built')) return undefined;
      if (seen.has('dependencies') && !seen.has('build')) {
        return dependencyFailure(dependencyLines);
      }
      if (unpackFailed) return new Failure('build-failure', 'dpkg-source cannot unpack the source package');
      const where = seen.has('built') ? 'after' : seen.has('build') ? 'in the middle of' : 'before';
      return new Failure('infrastructure-failure', `pbuilder ended with status ${exitStatus} ${where} the build`, {
        hint: 'Its last lines in the log say why',
      });
    },
  };
}

function marker(nonce: string, point: BuildPoint): string {
  return `fatbuildr-phase ${nonce} ${point}`;
}

function networkLeftOpen(): Failure {
  return new Failure('infrastructure-failure', 'pbuilder cannot take the network away from the build', {
    hint: 'The image needs iproute2 and the container CAP_NET_ADMIN in a network namespace of its own',
  });
}

/**
 * Why dependencies could not be installed, from what apt printed. A mirror that does not answer is no fault of the package.
 */
export function dependencyFailure(lines: readonly string[]): Failure {
  const unmet = parseUnmetDependencies(lines.join('\n'));
  const unreachable = lines.find((line) => /^E: (Failed to fetch|Unable to fetch some archives)/.test(line));
  if (unmet.length === 0 && unreachable !== undefined) {
    return new Failure('infrastructure-failure', `Build dependencies could not be fetched: ${unreachable.slice(3)}`);
  }
  if (unmet.length === 0) return new Failure('dependency-failure', 'The build dependencies could not be installed');
  const list = unmet.map(({ dependency, reason }) => `${dependency} (${reason})`).join(', ');
  return new Failure('dependency-failure', `Build dependencies are not met: ${list}`, {
    hint: 'Correct Build-Depends, or publish the missing packages in this distribution and derivative first',
  });
}
