import { z } from 'zod';
import { PIPE_NAME, TERMINAL_SIDE_LIMIT, TERMINAL_TYPE } from './terminal.ts';

const side = z.coerce.number().int().min(1).max(TERMINAL_SIDE_LIMIT);

/** The query of a client's terminal. */
export const TerminalQuery = z.object({
  /** Byte of the log to go on from; by default the last of what was printed comes first. */
  offset: z.coerce.number().int().min(0).optional(),
  columns: side.default(80),
  rows: side.default(24),
  term: z.string().regex(TERMINAL_TYPE, 'a terminal type such as xterm-256color').default('xterm'),
  /** The client has no terminal, but a pipe: a shell that it is the first at reads that instead. */
  pipe: z.string().regex(PIPE_NAME, 'a name of 32 hexadecimal digits').optional(),
});
export type TerminalQuery = z.output<typeof TerminalQuery>;

const Size = z.object({
  columns: z.int().min(1).max(TERMINAL_SIDE_LIMIT),
  rows: z.int().min(1).max(TERMINAL_SIDE_LIMIT),
});

const PipeEnd = z.object({ eof: z.int().nonnegative() });

/** A text frame of a client. */
export const TerminalRequest = z.union([z.object({ resize: Size }), PipeEnd]);

/** What the worker is told of who is there. */
export const TerminalAudience = z.object({
  /** Byte of the log up to which the api has it: where the worker goes on after a cut; null when it has nothing. */
  have: z.int().nonnegative().nullable(),
  /** How many clients are attached. */
  clients: z.int().nonnegative(),
  /** Of whoever came or resized last; null until somebody has. */
  terminal: Size.extend({ term: z.string().regex(TERMINAL_TYPE) }).nullable(),
  /** The pipe of the one who is there longest; null where that one has a terminal, or the api knows no pipes yet. */
  pipe: z.string().regex(PIPE_NAME).nullable().default(null),
});
export type TerminalAudience = z.infer<typeof TerminalAudience>;

/** A text frame to the worker. What is typed or piped in comes as binary frames. */
export const TerminalOrder = z.union([TerminalAudience, PipeEnd]);

/**
 * A text frame of the worker: that the shell runs, and how much it took: of its pipe; of what was typed, since it came.
 * What the shell prints comes as log frames.
 */
export const TerminalReport = z.union([
  z.object({
    running: z.literal(true),
    pipe: z
      .object({ name: z.string().regex(PIPE_NAME), taken: z.int().nonnegative(), from: z.int().nonnegative() })
      .optional(),
  }),
  z.object({ taken: z.int().nonnegative() }),
]);
export type TerminalReport = z.infer<typeof TerminalReport>;
