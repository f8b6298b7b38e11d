import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

export interface FileServer {
  url: string;
  close(): Promise<void>;
}

/** Any web server: files below `root`, on loopback, with conditional requests as nginx and Apache answer them. */
export async function serve(root: string, port = 0): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = join(root, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    stat(path).then(
      (found) => {
        const since = Date.parse(request.headers['if-modified-since'] ?? '');
        if (Math.floor(found.mtimeMs / 1000) * 1000 <= since) {
          response.writeHead(304).end();
          return;
        }
        response.writeHead(200, { 'content-length': found.size, 'last-modified': found.mtime.toUTCString() });
        createReadStream(path).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
