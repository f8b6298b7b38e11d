import type { AttemptApi } from '@fatbuildr/client/worker';
import { WebSocket } from 'ws';
import type { ApiSocket, SocketEvents } from './link.ts';

/** The api asks every quarter of a minute whether we are there: without that for so long (ms) it is gone. */
const SILENCE_MS = 45_000;

/** Opens the terminal of an attempt at the api. */
export function connectTerminal({ url, headers }: AttemptApi['terminal'], events: SocketEvents): ApiSocket {
  const socket = new WebSocket(url, { headers, handshakeTimeout: 10_000 });
  const silence = setTimeout(() => socket.terminate(), SILENCE_MS);
  socket.on('ping', () => silence.refresh());
  socket.on('message', (data: Buffer, isBinary) => (isBinary ? events.bytes(data) : events.text(data.toString())));
  // the close that follows is enough
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(silence);
    events.closed();
  });
  return {
    send: (data, sent) => socket.send(data, sent),
    close: () => socket.close(1000),
  };
}
