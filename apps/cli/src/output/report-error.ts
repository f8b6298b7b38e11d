import { ApiProblem, ServerUnreachable } from '@fatbuildr/client';
import type { Failure } from '@fatbuildr/domain';
import { ExitError } from '@oclif/core/errors';
import { EXIT, statusOfError } from '../exit-status.ts';
import { paint } from './paint.ts';
import { safeText } from './terminal-safe.ts';

/** A mistake of the caller that the command line finds itself, with what to do about it. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** Says on stderr what happened, why and what to do next; returns the exit status. */
export function reportError(error: unknown, json: boolean): number {
  const status = statusOfError(error);
  if (error instanceof ExitError) return status;
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted;
  const message = capitalised(error instanceof Error ? error.message : String(error));
  const hint = hintOf(error);
  if (json) {
    const problem = error instanceof ApiProblem ? error.problem : { title: message, ...(hint ? { hint } : {}) };
    process.stdout.write(`${JSON.stringify({ error: problem })}\n`);
  }
  process.stderr.write(safeText(`${paint('red', 'Error:', process.stderr)} ${message}\n`));
  if (hint) process.stderr.write(safeText(`${hint}\n`));
  if (process.env['FATBUILDR_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return status;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function hintOf(error: unknown): string | undefined {
  // by its name: its module loads every schema
  if (error instanceof UsageError || isFailure(error)) return error.hint;
  if (error instanceof ApiProblem) return error.problem.hint;
  if (error instanceof Error && /^command .* not found$/.test(error.message)) {
    return 'fatbuildrctl --help lists the commands.';
  }
  if (error instanceof ServerUnreachable) {
    return 'Is the farm running (fatbuildrd)? Name another server with --uri, FATBUILDR_URI or "uri" in ~/.config/fatbuildr/config.yml.';
  }
  return undefined;
}

function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === 'Failure';
}
