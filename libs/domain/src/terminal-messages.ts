import { z } from 'zod';
import { TERMINAL_SIDE_LIMIT, TERMINAL_TYPE } from './terminal.ts';

const side = z.coerce.number().int().min(1).max(TERMINAL_SIDE_LIMIT);

/** The query of a client's terminal. */
export const TerminalQuery = z.object({
  /** Byte of the log to go on from; by default the last of what was printed comes first. */
  offset: z.coerce.number().int().min(0).optional(),
  columns: side.default(80),
  rows: side.default(24),
  term: z.string().regex(TERMINAL_TYPE, 'a terminal type such as xterm-256color').default('xterm'),
});
export type TerminalQuery = z.output<typeof TerminalQuery>;

const Size = z.object({
  columns: z.int().min(1).max(TERMINAL_SIDE_LIMIT),
  rows: z.int().min(1).max(TERMINAL_SIDE_LIMIT),
});

/** A text frame of a client. */
export const TerminalRequest = z.object({ resize: Size });

/** A text frame to the worker: who is there. What is typed comes as binary frames. */
export const TerminalAudience = z.object({
  /** Byte of the log up to which the api has it: where the worker goes on after a cut; null when it has nothing. */
  have: z.int().nonnegative().nullable(),
  /** How many clients are attached. */
  clients: z.int().nonnegative(),
  /** Of whoever came or resized last; null until somebody has. */
  terminal: Size.extend({ term: z.string().regex(TERMINAL_TYPE) }).nullable(),
});
export type TerminalAudience = z.infer<typeof TerminalAudience>;

/** A text frame of the worker. What the shell prints comes as log frames. */
export const TerminalReport = z.union([
  z.object({ running: z.literal(true) }),
  z.object({ exited: z.object({ status: z.int().nullable() }) }),
]);
export type TerminalReport = z.infer<typeof TerminalReport>;
