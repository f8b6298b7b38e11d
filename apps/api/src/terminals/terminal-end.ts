import type { Outcome, ShellResult, TerminalEnd } from '@fatbuildr/domain';

/** What the people at a terminal are told of the end of its attempt. */
export function terminalEnd(
  outcome: Outcome,
  cause: string | null | undefined,
  shell: ShellResult | null | undefined,
): TerminalEnd {
  return {
    status: shell?.status ?? null,
    ...(shell ? { printed: shell.printed } : {}),
    outcome,
    ...(cause ? { message: cause } : {}),
  };
}
