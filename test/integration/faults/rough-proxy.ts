import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Roughness {
  /** From 0 to 1, of a seed. */
  random: () => number;
  /** How long every byte is under way, ms. */
  delayMs: number;
  /** In each direction of each connection. */
  bytesPerSecond: number;
  /** A connection is cut after at most so many bytes of both directions; after how many is random. */
  lifeBytes: number;
}

/** A bad way to a local port: slow, late, and every connection is cut at a random byte. */
export interface RoughProxy {
  url: string;
  cuts(): number;
  close(): Promise<void>;
}

export async function roughProxy(port: number, roughness: Roughness): Promise<RoughProxy> {
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    const life = { left: Math.ceil(roughness.random() * roughness.lifeBytes) };
    const cut = () => {
      cuts += 1;
      for (const socket of [from, to]) socket.resetAndDestroy();
    };
    for (const socket of [from, to]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    for (const [source, target] of [
      [from, to],
      [to, from],
    ] as const) {
      carry(source, target, roughness, life, cut).catch(() => {});
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Passes on one direction; whoever spends the last byte of the connection's life cuts it. */
async function carry(
  source: Socket,
  target: Socket,
  { delayMs, bytesPerSecond }: Roughness,
  life: { left: number },
  cut: () => void,
): Promise<void> {
  const later = (action: () => void) => void setTimeout(action, delayMs);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const passed = chunk.subarray(0, Math.max(0, life.left));
    life.left -= chunk.length;
    later(() => target.write(passed));
    if (life.left <= 0) {
      later(cut);
      return;
    }
    await sleep((chunk.length * 1000) / bytesPerSecond);
  }
  later(() => target.end());
}
