import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line to a local port that can be cut. */
export interface Line {
  url: string;
  /** Everybody on it is cut off; they may come again. */
  cut(): void;
  /** Nobody comes through until `mend`. */
  down(): void;
  mend(): void;
  close(): void;
}

export async function openLine(to: string): Promise<Line> {
  const { hostname, port } = new URL(to);
  const open = new Set<Socket>();
  let isDown = false;
  const server = createServer((from) => {
    if (isDown) {
      from.destroy();
      return;
    }
    const onward = connect(Number(port), hostname);
    for (const socket of [from, onward]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        from.destroy();
        onward.destroy();
      });
    }
    from.pipe(onward).pipe(from);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    down() {
      isDown = true;
      cut();
    },
    mend() {
      isDown = false;
    },
    close() {
      server.close();
      cut();
    },
  };
}
