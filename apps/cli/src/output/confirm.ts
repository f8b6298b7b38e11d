import { createInterface } from 'node:readline/promises';
import { UsageError } from './report-error.ts';

/** @throws {UsageError} when nobody can be asked */
export function mustBeAbleToAsk(question: string): void {
  if (process.stdin.isTTY) return;
  throw new UsageError(
    `${question} There is no terminal to ask on.`,
    'Say --yes to go on, --dry-run to see what it would do.',
  );
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
