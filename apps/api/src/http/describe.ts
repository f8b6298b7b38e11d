import fastifySwagger from '@fastify/swagger';
import { API_PREFIX } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { renderReference } from './reference-page.ts';

/** Collects what is mounted from here on into an OpenAPI 3.1 description, served with a page to read it. */
export async function describe(app: FastifyInstance, { version, publicUrl }: { version: string; publicUrl: string }) {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fatbuildr',
        version,
        description:
          'A build farm for Linux packages. Errors are application/problem+json (RFC 9457) with a hint where there is something to do next.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  app.get(`${API_PREFIX}/openapi.json`, { schema: { hide: true } }, async () => app.swagger());
  app.get(`${API_PREFIX}/docs`, { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(renderReference(app.swagger())),
  );
}
