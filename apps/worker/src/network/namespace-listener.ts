/** Program: listens on `HOST PORT` in the network namespace it was started in, hands the socket to its parent and ends. */
import { createServer } from 'node:net';

const [host = '', port = ''] = process.argv.slice(2);
const server = createServer();
server.listen({ host, port: Number(port) }, () => {
  process.send?.('listening', server, {}, () => process.exit());
});
