import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_PREFIX, logFrame, type TerminalNotice } from '@fatbuildr/domain';
import { type WebSocket, WebSocketServer } from 'ws';

/** One client's terminal, as the server has it. */
export interface Caller {
  query: URLSearchParams;
  /** Keys in hexadecimal, and text frames. */
  frames: string[];
  say(notice: TerminalNotice): void;
  print(offset: number, text: string): void;
  garbage(): void;
  /** The line goes dead. */
  cut(): void;
}

export interface StubServer {
  uri: string;
  /** What the task of the shell is told as. */
  task: Record<string, unknown>;
  /** Requests that change something: `POST /tasks/…`. */
  asked: string[];
  /** Answers attaching with this problem. */
  refusal: { status: number; detail: string } | undefined;
  /** The nth caller, from 0. */
  caller(number?: number): Promise<Caller>;
  close(): Promise<void>;
}

const TASK = 'a'.repeat(16);
const ATTEMPT = 'b'.repeat(16);

/** As much of an api as a shell's client needs, in the hands of a test. */
export async function startStubServer(): Promise<StubServer> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-terminal-'));
  const callers: Caller[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(API_PREFIX.length).replace(/\?.*/, '');
    if (request.method === 'POST') stub.asked.push(`POST ${path}`);
    const answer = path.endsWith('/terminal')
      ? {
          type: 'urn:fatbuildr:problem:forbidden',
          title: 'no',
          ...(stub.refusal ?? { status: 400, detail: 'upgrade' }),
        }
      : path.startsWith('/instances')
        ? { instances: [{ id: 'default', formats: {} }], ...stub.task }
        : stub.task;
    const { status } = answer as { status?: number };
    const type = status === undefined ? 'application/json' : 'application/problem+json';
    response.writeHead(status ?? 200, { 'content-type': type }).end(JSON.stringify(answer));
  });
  server.on('upgrade', (request, socket, head) => {
    if (stub.refusal) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
      const frames: string[] = [];
      client.on('message', (data: Buffer, isBinary) => frames.push(data.toString(isBinary ? 'hex' : 'utf8')));
      callers.push({
        query: new URL(request.url ?? '', 'http://stub').searchParams,
        frames,
        say: (notice) => client.send(JSON.stringify(notice)),
        print: (offset, text) => client.send(logFrame({ offset, bytes: Buffer.from(text) })),
        garbage: () => client.send('{"half'),
        cut: () => client.terminate(),
      });
    });
  });
  server.listen(join(directory, 'api.sock'));
  await once(server, 'listening');

  const stub: StubServer = {
    uri: `unix://${directory}/api.sock`,
    task: shellTask(),
    asked: [],
    refusal: undefined,
    async caller(number = 0) {
      for (let left = 200; left > 0 && callers.length <= number; left--) await sleep(50);
      const found = callers[number];
      if (!found) throw new Error(`nobody attached for the ${number + 1}. time`);
      return found;
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.close();
      await rm(directory, { recursive: true });
    },
  };
  return stub;
}

/** A shell that runs, its first byte at 10 of the log. */
export function shellTask(change: Record<string, unknown> = {}): Record<string, unknown> {
  const phases = [{ name: 'shell', began: 1, ended: null, logOffset: 10 }];
  return {
    id: TASK,
    kind: 'shell',
    state: 'running',
    outcome: null,
    waiting: null,
    jobs: [{ name: 'shell:deb@host', attempts: [{ id: ATTEMPT, ended: null, phases }] }],
    ...change,
  };
}
