import { API_PREFIX, Id, ProblemError, streams } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { authorise, identify, type Listener } from './access.ts';
import { asStream } from './bodies.ts';
import type { AppParts } from './parts.ts';

/** The bytes of uploads: appended at an offset, so that a cut connection is taken up where it broke. */
export function mountUploads(app: FastifyInstance, { control }: AppParts, listener: Listener): void {
  app.route({
    method: 'PATCH',
    url: API_PREFIX + streams.uploadChunk,
    schema: {
      summary: 'Append bytes to an upload at the offset named by the header upload-offset',
      tags: ['uploads'],
      params: z.object({ upload: Id }),
      consumes: ['application/offset+octet-stream'],
      response: { 204: z.void().describe('The header upload-offset tells how far it is') },
      security: [{ token: ['build'] }],
    },
    handler: async (request, reply) => {
      authorise(await identify(control, listener, request), 'build');
      const offset = Number(request.headers['upload-offset']);
      if (!Number.isSafeInteger(offset) || offset < 0) {
        throw new ProblemError('bad-request', 'The header upload-offset must say where the bytes go.');
      }
      const { upload } = request.params as { upload: string };
      const appended = await control.uploads.append(upload, offset, asStream(request.body));
      return reply.status(204).header('upload-offset', appended.offset).send();
    },
  });
}
