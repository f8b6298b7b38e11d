import { createRequire } from 'node:module';
import { type Client, createClient, type LogSocket } from '@fatbuildr/client';
import { unixFetch } from '@fatbuildr/client/node';
import type { WebSocket as WsSocket } from 'ws';
import { UsageError } from '../output/report-error.ts';

/** Where an installation has its administrator's socket. */
export const DEFAULT_URI = 'unix:///run/fatbuildr/api.sock';

/**
 * A client for a server: `unix:///path/to/api.sock`, `http://host:port` or `https://host`.
 *
 * @throws {UsageError} for anything else
 */
export function connect(uri: string, token: string | undefined): Client {
  const { baseUrl, fetch, webSocketUrl } = endpoint(uri);
  return createClient({
    baseUrl,
    name: uri,
    fetch,
    token,
    openSocket: (path) => {
      // only commands that follow a log pay for loading it
      const { WebSocket } = createRequire(import.meta.url)('ws') as { WebSocket: typeof WsSocket };
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return new WebSocket(webSocketUrl(path), { headers }) as unknown as LogSocket;
    },
  });
}

function endpoint(uri: string) {
  if (uri.startsWith('unix:')) {
    const socket = uri.replace(/^unix:(\/\/)?/, '');
    // the host is never resolved; it only fills the Host header
    return {
      baseUrl: 'http://localhost',
      fetch: unixFetch(socket),
      webSocketUrl: (path: string) => `ws+unix:${socket}:${path}`,
    };
  }
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(
      `"${uri}" is not the address of a server.`,
      'Write unix:///run/fatbuildr/api.sock, http://host:port or https://host.',
    );
  }
  const baseUrl = url.href.replace(/\/$/, '');
  return { baseUrl, fetch: globalThis.fetch, webSocketUrl: (path: string) => baseUrl.replace(/^http/, 'ws') + path };
}
