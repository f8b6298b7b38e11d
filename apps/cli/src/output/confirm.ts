import { createInterface } from 'node:readline/promises';
import { UsageError } from './report-error.ts';

/**
 * @param otherwise what to do where nobody can be asked
 * @throws {UsageError} when nobody can be asked
 */
export function mustBeAbleToAsk(question: string, otherwise = 'Say --yes to go on.'): void {
  if (!process.stdin.isTTY) throw new UsageError(`${question} There is no terminal to ask on.`, otherwise);
}

/**
 * Asks before something is destroyed; only `y` or `yes` goes on.
 *
 * @throws {UsageError} when nobody can be asked, or the answer was no
 */
export async function confirm(question: string): Promise<void> {
  mustBeAbleToAsk(question);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was changed.');
}
