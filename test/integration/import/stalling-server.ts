import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

/**
 * A web server that begins to answer and then says nothing more.
 *
 * @param stalls asked of each file, and of how many packages were asked for with it
 */
export async function stallingServer(root: string, stalls: (path: string, count: number) => boolean) {
  const { promise: stalled, resolve: stall } = Promise.withResolvers<void>();
  let count = 0;
  let going = false;
  const server = createServer((request, response) => {
    const path = join(root, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    if (path.endsWith('.deb')) count += 1;
    const number = count;
    stat(path).then(
      ({ size }) => {
        response.writeHead(200, { 'content-length': size });
        if (going || !stalls(path, number)) {
          createReadStream(path).pipe(response);
          return;
        }
        response.flushHeaders();
        stall();
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Fulfilled when it did so first. */
    stalled,
    /** How many packages were asked for. */
    count: () => count,
    /** Answers all from now on. */
    goOn() {
      going = true;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
