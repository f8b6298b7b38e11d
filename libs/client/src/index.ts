export { ApiProblem, type CallInput, call, pathOf, ServerUnreachable, send, type Transport } from './call.ts';
export { type Client, createClient } from './client.ts';
export type { Answer, Fetch, FetchBody, FetchInit } from './fetch.ts';
export type { FollowOptions } from './log.ts';
export type { LogSocket } from './log-stream.ts';
export type { ShellReads, Terminal, TerminalOptions } from './terminal.ts';
export { type UploadSource, upload } from './upload.ts';
