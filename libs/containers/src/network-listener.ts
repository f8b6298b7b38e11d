/**
 * Run by `createJobNetwork` inside a network namespace: opens the listening socket there and hands it to the worker,
 * who accepts its connections from then on. Ends when the worker has it, or is gone.
 */
import { createServer } from 'node:net';

const server = createServer();
process.once('disconnect', () => process.exit(1));
process.once('message', () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('listening', server));
