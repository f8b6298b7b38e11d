import { Failure } from '@fatbuildr/domain';
import { dnfFailure, unmetRequirements } from './dnf-failure.ts';

/** A point that mock reaches in `--rebuild`. */
export type MockPoint = 'dependencies' | 'build' | 'built';

const POINTS: [RegExp, MockPoint][] = [
  [/^Start: build setup for /, 'dependencies'],
  [/^Start: rpmbuild /, 'build'],
  [/^Finish: build phase for /, 'built'],
];

/** The point that mock has come to when this line of its output says so. */
export function mockPoint(line: string): MockPoint | undefined {
  return POINTS.find(([pattern]) => pattern.test(line))?.[1];
}

/** Whether a line is mock's own or its root log's, and not the build's. */
export function isMocksOwn(line: string): boolean {
  return /^(DEBUG |INFO[: ]|WARNING[: ]|Start|Finish|Mock Version|ERROR: (Exception|Command failed))/.test(line);
}

/**
 * What rpmbuild says in mock, its errors whole again: mock reads both of its outputs into one line, and rpm writes the
 * word `error: ` by itself.
 */
export function withWholeErrors(output: string): string {
  return output.replace(/^error: ((?:Building (?:target platforms:|for target) .*\n)+)/gm, '$1error: ');
}

/** What mock ends with (its `exception.py`). */
const BUILD_FAILED = 10;
/** Where a command in the root fails, mock ends as that did: with 1, of rpmbuild. */
const RPMBUILD_FAILED = /^ERROR: Command failed: *\n # .*rpmbuild -b[abr] /m;
const SOURCE_FAILED = /^ERROR: Command failed: *\n # .*rpmbuild -bs /m;
const PACKAGES_FAILED = [30, 31];
const BAD_SOURCE = 40;

/** Whether rpmbuild made no source package of the spec file. */
export function isSourceFailure(status: number, output: string): boolean {
  return status !== 0 && SOURCE_FAILED.test(output);
}

/**
 * What the exit status of mock means: the build, its dependencies, its source, or the host. Undefined for a success.
 *
 * @param output the end of what it printed, its root log among it
 * @param error the line of the build that tells most
 */
export function mockFailure(status: number, output: string, error: string | undefined): Failure | undefined {
  if (status === 0) return undefined;
  const said = output
    .split('\n')
    .map((line) => line.replace(/^DEBUG \S+:\d+: {1,2}/, ''))
    .join('\n');
  const buildFailed = status === BUILD_FAILED || (status === 1 && RPMBUILD_FAILED.test(output));
  if (buildFailed && unmetRequirements(said).length === 0) {
    return new Failure('build-failure', `The package failed to build${error === undefined ? '' : `: ${error}`}`, {
      hint: 'The log shows what led to it, in the phase build.',
    });
  }
  if (buildFailed || PACKAGES_FAILED.includes(status)) return dnfFailure(said);
  if (status === BAD_SOURCE) {
    return new Failure('rejected', 'mock cannot do anything with the source package.', {
      hint: 'The log has what it says of it.',
    });
  }
  const last = output.split('\n').findLast((line) => line.startsWith('ERROR: '));
  return new Failure('infrastructure-failure', `mock ended with status ${status}${last ? `: ${last.slice(7)}` : ''}`, {
    hint: 'Its last lines in the log say why.',
  });
}
