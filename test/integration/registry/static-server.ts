import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface FileServer {
  url: string;
  close(): Promise<void>;
}

/** Any web server: files below `root`, on loopback, with conditional requests as nginx and Apache answer them. */
export async function serve(root: string, port = 0): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = join(root, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    answer(path, request, response).catch(() => response.destroy());
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

/** Size and bytes are of one file, whatever takes its name meanwhile. */
async function answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  const found = await file?.stat();
  if (!file || !found?.isFile()) {
    await file?.close();
    response.writeHead(404).end();
    return;
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (Math.floor(found.mtimeMs / 1000) * 1000 <= since) {
    await file.close();
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-length': found.size, 'last-modified': found.mtime.toUTCString() });
  await pipeline(file.createReadStream(), response);
}
