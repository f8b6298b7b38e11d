import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a local port that breaks once: the first connection that sends more than `bytes` is cut there. */
export async function cuttingProxy(port: number, bytes: number) {
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    let sent = 0;
    from.on('data', (chunk) => {
      sent += chunk.length;
      to.write(chunk);
      if (sent <= bytes || cuts > 0) return;
      cuts++;
      from.destroy();
      // what was sent until then arrives
      to.end();
    });
    to.pipe(from);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close(): void {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
