import type { Readable } from 'node:stream';
import { ProblemError } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';

/** Content types whose bodies are handed on as streams instead of being read into memory. */
const STREAMED = ['application/octet-stream', 'application/offset+octet-stream'];

export function streamBodies(app: FastifyInstance): void {
  app.addContentTypeParser(STREAMED, (_request, payload, done) => done(null, payload));
}

/**
 * The whole of a small body.
 *
 * @throws {ProblemError} `too-large`
 */
export async function readBody(body: unknown, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of asStream(body)) {
    length += chunk.length;
    if (length > limit) throw new ProblemError('too-large', `At most ${limit} bytes at once.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A body that {@link streamBodies} left alone. */
export function asStream(body: unknown): Readable {
  if (body && typeof body === 'object' && 'pipe' in body) return body as Readable;
  throw new ProblemError('bad-request', 'The body must be sent as application/octet-stream.');
}
