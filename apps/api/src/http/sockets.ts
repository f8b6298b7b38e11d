import type { WebSocket } from '@fastify/websocket';
import type { Peer } from '../terminals/peer.ts';

const PING_MS = 15_000;

/**
 * Ends a socket whose other side does not answer any more. One that does not read for a while may ask itself, to be
 * known to be there. What we do not read for a while cannot be heard to answer.
 */
export function watchOver(socket: WebSocket): void {
  let alive = true;
  const isThere = () => {
    alive = true;
  };
  socket.on('pong', isThere).on('ping', isThere);
  const timer = setInterval(() => {
    if (!alive) socket.terminate();
    alive = socket.isPaused;
    socket.ping();
  }, PING_MS).unref();
  socket.on('close', () => clearInterval(timer));
  // the close that follows is enough
  socket.on('error', () => undefined);
}

export function peerOf(socket: WebSocket): Peer {
  return {
    send: (data) => socket.send(data),
    get buffered() {
      return socket.bufferedAmount;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(code, reason) {
      socket.close(code, reason);
      // the other side's own close is read as well
      socket.resume();
    },
  };
}

/** Takes what comes: bytes, or JSON in text frames, which `parse` reads. A frame that is neither ends the connection. */
export function onFrames<T>(
  socket: WebSocket,
  parse: (value: unknown) => T,
  { bytes, text }: { bytes: (bytes: Uint8Array) => void; text: (message: T) => void },
): void {
  socket.on('message', (data: Buffer, isBinary) => {
    try {
      if (isBinary) bytes(data);
      else text(parse(JSON.parse(data.toString())));
    } catch {
      socket.close(1008, 'This frame is not one of a terminal.');
    }
  });
}
