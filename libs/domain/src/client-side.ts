/** What a client of the REST interface needs at run time. No schema is loaded with it, and no zod: programs start fast. */
export { knownArchitectures, parseArchitecture } from './architecture.ts';
export { brokenWords } from './broken-words.ts';
export { API_PREFIX, endpoints, streams } from './endpoints.ts';
export { dearmor, expiryWarning } from './key-facts.ts';
export { isProblem, problemKind } from './problem.ts';
export {
  type LogFrame,
  logFrame,
  PIPE_PIECE,
  PIPE_WINDOW,
  readLogFrame,
  readTerminalNotice,
  TERMINAL_INPUT_LIMIT,
  TERMINAL_SIDE_LIMIT,
  TERMINAL_TOO_SLOW,
  TERMINAL_TYPE,
  type TerminalEnd,
  type TerminalNotice,
  type TerminalPipe,
  type TerminalRequest,
  type TerminalSize,
  type TerminalState,
} from './terminal.ts';
export { ACTIONS, OUTCOMES } from './words.ts';
