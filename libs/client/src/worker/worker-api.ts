import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  ClaimResponse,
  DIGEST_HEADER,
  Failure,
  FENCE_HEADER,
  type FileRef,
  FileStored,
  type HostReport,
  LogAppended,
  PartTaken,
  type PhaseEvent,
  ProblemError,
  type PublicationPart,
  type RegisterRequest,
  RegisterResponse,
  ReportResponse,
  type ResultRequest,
  type SyncRequest,
  SyncResponse,
  type UsedTrees,
  type VersionRequest,
  VersionResponse,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { arrivingFile } from '../arriving-file.ts';
import type { Answer } from '../fetch.ts';
import type { Call, Transport } from './transport.ts';

/** The calls about one attempt. Each carries the fence and may throw `stale-fence` (ProblemError). */
export interface AttemptApi {
  readonly id: string;
  /** One try, no retry: the next beat follows soon. */
  heartbeat(): Promise<void>;
  handback(): Promise<void>;
  event(event: PhaseEvent): Promise<void>;
  trees(used: z.infer<typeof UsedTrees>): Promise<void>;
  /** How long the log is now. When the api has another length it answers that, and this resolves to it. */
  appendLog(offset: number, chunk: Buffer): Promise<number>;
  version(request: VersionRequest): Promise<VersionResponse>;
  /** Writes the blob to `path`, which appears only when its bytes are right. */
  fetchBlob(file: FileRef, path: string): Promise<void>;
  putFile(file: FileRef, path: string): Promise<void>;
  /**
   * The publisher's: bytes of the repository that its order imports, whose path is below the order's location. One try.
   *
   * @param read given the first byte that comes, which is `from` or 0, and the bytes
   * @throws ProblemError `not-found` when there is no such file
   */
  fetchOrigin(path: string, from: number, read: ReadOrigin): Promise<void>;
  result(result: ResultRequest): Promise<void>;
  /** The publisher's: whether the head may move. Throws `stale-fence` when it may not any more. */
  commit(): Promise<void>;
  close(): Promise<void>;
  /** Where its terminal is: the URL of a WebSocket, and the headers that it takes. */
  readonly terminal: { url: string; headers: Readonly<Record<string, string>> };
}

/** Takes what comes of a file. */
export type ReadOrigin = (from: number, bytes: AsyncIterable<Uint8Array>) => Promise<void>;

export interface WorkerApi {
  register(request: RegisterRequest, signal?: AbortSignal): Promise<RegisterResponse>;
  report(report: HostReport): Promise<ReportResponse>;
  /** The order of a drawn ticket, or undefined when the api does not want this worker to have it. */
  claim(job: string, signal?: AbortSignal): Promise<ClaimResponse | undefined>;
  /** The publisher's: what there is of an instance; answers how far that is known. */
  sync(instance: SyncRequest, signal?: AbortSignal): Promise<SyncResponse>;
  /** The publisher's: a part of a publication; answers the revision that is known then. */
  tellPublication(part: PublicationPart, signal?: AbortSignal): Promise<{ known: number }>;
  /** `signal` ends every call about the attempt but those that commit or close it. */
  attempt(claim: { attempt: string; fence: number }, signal: AbortSignal): AttemptApi;
}

/** Files are as large as packages are, links may be slow. */
const FILE_TIMEOUT_MS = 30 * 60_000;
const HEARTBEAT_TIMEOUT_MS = 10_000;

export function createWorkerApi(transport: Transport): WorkerApi {
  return {
    register: (request, signal) =>
      transport.call({ ...post('/register', request), signal, read: as(RegisterResponse) }),
    report: (report) => transport.once({ ...post('/report', report), read: as(ReportResponse) }),
    async claim(job, signal) {
      try {
        return await transport.call({ ...post('/claims', { job }), signal, read: as(ClaimResponse) });
      } catch (error) {
        if (error instanceof ProblemError && ['claim-refused', 'not-found'].includes(error.kind)) return undefined;
        throw error;
      }
    },
    sync: (instance, signal) => transport.call({ ...post('/sync', instance), signal, read: as(SyncResponse) }),
    tellPublication: (part, signal) =>
      transport.call({ ...post('/sync/publications', part), signal, read: as(PartTaken) }),
    attempt: (claim, signal) => attemptApi(transport, claim, signal),
  };
}

function attemptApi(
  transport: Transport,
  { attempt, fence }: { attempt: string; fence: number },
  signal: AbortSignal,
): AttemptApi {
  const base = `/attempts/${attempt}`;
  const fenced = { [FENCE_HEADER]: String(fence) };
  const send = (action: string, body: unknown = {}) => withHeaders(post(`${base}/${action}`, body), fenced);

  return {
    id: attempt,
    heartbeat: () => transport.once({ ...send('heartbeat'), timeoutMs: HEARTBEAT_TIMEOUT_MS }),
    handback: () => transport.call(send('handback')),
    event: (event) => transport.call({ ...send('events', event), signal }),
    trees: (used) => transport.call({ ...send('trees', used), signal }),
    async appendLog(offset, chunk) {
      try {
        const { length } = await transport.call({
          method: 'POST',
          path: `${base}/log?offset=${offset}`,
          headers: { ...fenced, 'content-type': 'application/octet-stream', [DIGEST_HEADER]: sha256(chunk) },
          body: () => new Uint8Array(chunk),
          read: as(LogAppended),
        });
        return length;
      } catch (error) {
        if (!(error instanceof ProblemError) || error.kind !== 'log-offset') throw error;
        return LogAppended.parse(error.members).length;
      }
    },
    version: (request) => transport.call({ ...send('version', request), signal, read: as(VersionResponse) }),
    async fetchBlob(file, path) {
      const arriving = arrivingFile(file, path);
      try {
        await transport.call({
          method: 'GET',
          path: `/blobs/${file.sha256}?attempt=${attempt}`,
          headers: fenced,
          from: () => arriving.received,
          signal,
          timeoutMs: FILE_TIMEOUT_MS,
          read: (answer) => arriving.add(answer),
        });
      } finally {
        await arriving.discard();
      }
    },
    async putFile(file, path) {
      const stored = await transport.call({
        method: 'PUT',
        path: `${base}/files/${encodeURIComponent(file.name)}`,
        headers: {
          ...fenced,
          'content-type': 'application/octet-stream',
          'content-length': String(file.size),
          [DIGEST_HEADER]: file.sha256,
        },
        body: () => Readable.toWeb(createReadStream(path)) as unknown as ReadableStream,
        signal,
        timeoutMs: FILE_TIMEOUT_MS,
        read: as(FileStored),
      });
      if (stored.sha256 !== file.sha256) {
        throw new Failure('infrastructure-failure', `The api stored ${file.name} with other bytes than it was sent.`);
      }
    },
    fetchOrigin: (path, from, read) =>
      transport.once({
        method: 'GET',
        path: `${base}/import?path=${encodeURIComponent(path)}`,
        headers: fenced,
        from: () => from,
        signal,
        timeoutMs: FILE_TIMEOUT_MS,
        read: (answer) => read(answer.status === 206 ? from : 0, bytesIn(answer)),
      }),
    result: (result) => transport.call(send('result', result)),
    commit: () => transport.call(send('commit')),
    close: () => transport.call(send('close')),
    terminal: transport.socket(`${base}/terminal`, fenced),
  };
}

async function* bytesIn({ body }: Answer): AsyncGenerator<Uint8Array> {
  for await (const chunk of body ?? []) yield chunk;
}

function post(path: string, body: unknown): Call {
  const text = JSON.stringify(body);
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: () => text };
}

function withHeaders(call: Call, headers: Record<string, string>): Call {
  return { ...call, headers: { ...call.headers, ...headers } };
}

function as<T>(schema: z.ZodType<T>): (response: Answer) => Promise<T> {
  return async (response) => schema.parse(await response.json());
}

function sha256(chunk: Buffer): string {
  return createHash('sha256').update(chunk).digest('hex');
}
