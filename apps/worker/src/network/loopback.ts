import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An upstream for tests, on a free port of the loopback interface. */
export interface LoopbackServer extends AsyncDisposable {
  port: number;
  url: string;
  /** What was asked, in order, as `METHOD path`. */
  asked: string[];
}

export async function loopbackServer(answer: RequestListener): Promise<LoopbackServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A directory of a test's own. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'fatbuildr-network-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A resolver that knows these names only, counts how often it is asked and answers each time with the next list. */
export function fixedLookup(names: Record<string, string[][]>): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    const times = asked.filter((name) => name === hostname).length;
    asked.push(hostname);
    const answers = names[hostname];
    const addresses = answers?.[Math.min(times, answers.length - 1)]?.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    const first = addresses?.[0];
    if (addresses === undefined || first === undefined) {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
      process.nextTick(callback, error, []);
    } else if (options.all === true) process.nextTick(callback, null, addresses);
    else process.nextTick(callback, null, first.address, first.family);
  };
  return { lookup, asked };
}
