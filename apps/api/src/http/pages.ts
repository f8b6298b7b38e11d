import type { FastifyReply } from 'fastify';

/** Names the page that follows in a `Link` header too (RFC 8288). */
export function nextPage<P extends { next: string | null }>(reply: FastifyReply, page: P): P {
  if (page.next !== null) {
    const url = new URL(reply.request.url, 'http://fatbuildr.invalid');
    url.searchParams.set('cursor', page.next);
    void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return page;
}
