import { API_PREFIX, FileName, Id, streams } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { authorise, identify, type Listener } from './access.ts';
import { contentType } from './content-types.ts';
import type { AppParts } from './parts.ts';
import { sendBytes } from './send-bytes.ts';

/** The files that a build handed in. */
export function mountArtifacts(app: FastifyInstance, { control, openBlob }: AppParts, listener: Listener): void {
  app.route({
    method: 'GET',
    url: API_PREFIX + streams.artifact,
    schema: {
      summary: 'A file that a build handed in',
      tags: ['tasks'],
      params: z.object({ task: Id, name: FileName }),
      produces: ['application/octet-stream'],
      security: [{ token: ['view'] }],
    },
    handler: async (request, reply) => {
      const { task, name } = request.params as { task: string; name: string };
      const principal = await identify(control, listener, request);
      authorise(principal, 'view');
      authorise(principal, 'view', (await control.tasks.get(task)).instance);
      const file = await control.tasks.artifact(task, name);
      return sendBytes(request, reply, {
        size: file.size,
        etag: `"${file.sha256}"`,
        type: contentType(name),
        cacheControl: 'private, max-age=31536000, immutable',
        fileName: name,
        open: (range) => openBlob(file.sha256, range),
      });
    },
  });
}
