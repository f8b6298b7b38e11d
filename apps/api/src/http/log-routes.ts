import { Readable } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import { API_PREFIX, Id, type LogEnd, streams } from '@fatbuildr/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { authorise, identify, type Listener } from './access.ts';
import type { AppParts } from './parts.ts';
import { sendBytes } from './send-bytes.ts';

const PING_MS = 30_000;

/** The log of an attempt: a file with Range, and on the same path a WebSocket that follows it to its end. */
export function mountLogs(app: FastifyInstance, { control }: AppParts, listener: Listener): void {
  const allowed = async (request: FastifyRequest) => {
    const { attempt: id } = request.params as { attempt: string };
    const principal = await identify(control, listener, request);
    authorise(principal, 'view');
    const found = await control.tasks.attempt(id);
    authorise(principal, 'view', found.task.instance);
    return found.attempt;
  };

  app.route({
    method: 'GET',
    url: API_PREFIX + streams.log,
    schema: {
      summary: 'Log of an attempt, byte for byte; a WebSocket upgrade follows it live from ?offset=',
      tags: ['attempts'],
      params: z.object({ attempt: Id }),
      querystring: z.object({ offset: z.coerce.number().int().min(0).default(0) }),
      produces: ['text/plain'],
      security: [{ token: ['view'] }],
    },
    // checked before the upgrade, so that a refusal is a plain answer
    preHandler: async (request) => {
      await allowed(request);
    },
    handler: async (request, reply) => {
      const attempt = await allowed(request);
      const size = await control.logs.length(attempt.id);
      return sendBytes(request, reply, {
        size,
        etag: `"${attempt.id}-${size}"`,
        type: 'text/plain; charset=utf-8',
        cacheControl: attempt.logClosed ? 'private, max-age=86400' : 'no-cache',
        open: ({ start, end }) => Readable.from(bytesOf(control.logs.read(attempt.id, { start, end: end + 1 }))),
      });
    },
    wsHandler: (socket, request) => {
      const { attempt } = request.params as { attempt: string };
      const { offset } = request.query as { offset: number };
      follow(socket, attempt, offset).catch((err: unknown) => {
        request.log.warn({ err, attempt }, 'log stream ended early');
        socket.close(1011);
      });
    },
  });

  async function follow(socket: WebSocket, attempt: string, from: number): Promise<void> {
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    socket.on('error', () => gone.abort());
    const ping = setInterval(() => socket.ping(), PING_MS);
    try {
      let length = from;
      for await (const { offset, bytes } of control.logs.follow(attempt, from, gone.signal)) {
        const head = Buffer.alloc(8);
        head.writeBigUInt64BE(BigInt(offset));
        await sendFrame(socket, Buffer.concat([head, bytes]));
        length = offset + bytes.length;
      }
      if (gone.signal.aborted) return;
      const { outcome } = (await control.tasks.attempt(attempt)).attempt;
      await sendFrame(socket, JSON.stringify({ attempt, length, outcome } satisfies LogEnd));
      socket.close(1000);
    } finally {
      clearInterval(ping);
    }
  }
}

/** Resolves when the frame left for the network: the next is read from the file only then. */
function sendFrame(socket: WebSocket, data: Buffer | string): Promise<void> {
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

async function* bytesOf(pieces: AsyncIterable<{ bytes: Uint8Array }>): AsyncIterable<Uint8Array> {
  for await (const { bytes } of pieces) yield bytes;
}
