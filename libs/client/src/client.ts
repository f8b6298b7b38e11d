import type { FileRef, LogEnd, routes } from '@fatbuildr/domain';
import { endpoints, streams } from '@fatbuildr/domain/client-side';
import type { z } from 'zod';
import { type CallInput, call, pathOf, send } from './call.ts';
import type { Answer } from './fetch.ts';
import { type FollowOptions, followLog } from './log.ts';
import type { LogTransport } from './log-stream.ts';
import { attachTerminal, type Terminal, type TerminalOptions } from './terminal.ts';
import { type UploadSource, upload } from './upload.ts';

type Routes = typeof routes;
type Calls = {
  [Name in keyof Routes]: (input: CallInput<Routes[Name]>) => Promise<z.output<Routes[Name]['response']>>;
};

/** Every operation of `routes` under its name, and the byte streams. */
export interface Client extends Calls {
  uploadFile(
    source: UploadSource,
    options?: { onProgress?: (sent: number) => void; signal?: AbortSignal },
  ): Promise<FileRef>;
  followLog(attempt: string, options: FollowOptions): Promise<LogEnd>;
  attachTerminal(attempt: string, options: TerminalOptions): Terminal;
  /** The answer whose body is the log from `offset` on, as it is now. */
  readLog(attempt: string, offset?: number): Promise<Answer>;
  /** The answer whose body is a file that a build handed in, from `offset` on. */
  readArtifact(task: string, name: string, offset?: number): Promise<Answer>;
}

/** A client of the REST interface; fetch and WebSocket are the caller's, so it runs in Node and in browsers. */
export function createClient(transport: LogTransport): Client {
  const calls = Object.fromEntries(
    Object.keys(endpoints).map((name) => [name, (input: never) => call(transport, name as keyof Routes, input)]),
  ) as unknown as Calls;
  const from = (offset = 0) => ({ method: 'GET', headers: { ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) } });
  return {
    ...calls,
    uploadFile: (source, options) => upload(transport, source, options),
    followLog: (attempt, options) => followLog(transport, attempt, options),
    attachTerminal: (attempt, options) => attachTerminal(transport, attempt, options),
    readLog: (attempt, offset) => send(transport, pathOf(streams.log, { attempt }), from(offset)),
    readArtifact: (task, name, offset) => send(transport, pathOf(streams.artifact, { task, name }), from(offset)),
  };
}
