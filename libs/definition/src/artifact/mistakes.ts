import { Failure } from '@fatbuildr/domain';

/** Something wrong in a file of the user's; `line` counts from 1. */
export interface Mistake {
  line?: number | undefined;
  message: string;
}

/**
 * The failure that tells all mistakes of a file at once, each as `file:line: message`.
 * @throws RangeError when there is none.
 */
export function mistakesFailure(file: string, mistakes: readonly Mistake[]): Failure {
  const sorted = mistakes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const [first] = sorted;
  if (!first) throw new RangeError('no mistake');
  const lines = [...new Set(sorted.map((mistake) => `${place(file, mistake.line)}: ${mistake.message}`))];
  const message = lines.length === 1 ? lines.join('') : `${file} has ${lines.length} mistakes:\n${lines.join('\n')}`;
  return new Failure('rejected', message, {
    hint: `Correct ${file}, and submit again`,
    where: place(file, first.line),
  });
}

export function place(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}
