/** What a client of the REST interface needs at run time. No schema is loaded with it, and no zod: programs start fast. */
export { brokenWords } from './broken-words.ts';
export { API_PREFIX, endpoints, streams } from './endpoints.ts';
export { dearmor, expiryWarning } from './key-facts.ts';
export { isProblem, problemKind } from './problem.ts';
export { ACTIONS, OUTCOMES } from './words.ts';
