import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type UrlFilesOptions, urlFiles } from './url-files.ts';

const BODY = Buffer.from('a package of which the first half comes, and then the other'.repeat(100));
const sha256 = createHash('sha256').update(BODY).digest('hex');

let dir: string;
let servers: Server[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-url-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(dir, { recursive: true });
});

/** What answers on loopback. @returns its URL */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function copy(url: string, path = 'pool/a b+c.deb', most = BODY.length, options: Partial<UrlFilesOptions> = {}) {
  const signal = new AbortController().signal;
  const files = urlFiles(url, { allowPrivate: true, signal, backoffMs: [1, 1], ...options });
  return files.copy(path, join(dir, 'file'), most);
}

test('a download that breaks is continued where it broke', async () => {
  const ranges: (string | undefined)[] = [];
  const url = await answering((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/\d+/.exec(range ?? '0')?.[0]);
    if (range) response.writeHead(206, { 'content-range': `bytes ${from}-${BODY.length - 1}/${BODY.length}` });
    else response.writeHead(200, { 'content-length': BODY.length });
    if (ranges.length < 3) response.write(BODY.subarray(from, from + 1000), () => request.socket.destroy());
    else response.end(BODY.subarray(from));
  });
  expect(await copy(url)).toEqual({ size: BODY.length, sha256 });
  expect(await readFile(join(dir, 'file'))).toEqual(BODY);
  expect(ranges).toEqual([undefined, 'bytes=1000-', 'bytes=2000-']);
});

test('a server that knows no ranges sends it all again', async () => {
  let times = 0;
  const url = await answering((request, response) => {
    times += 1;
    response.writeHead(200, { 'content-length': BODY.length });
    if (times < 3) response.write(BODY.subarray(0, 3000), () => request.socket.destroy());
    else response.end(BODY);
  });
  expect(await copy(url)).toEqual({ size: BODY.length, sha256 });
});

test('names are asked for as they are, and what is not there is no failure', async () => {
  const asked: string[] = [];
  const url = await answering((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  expect(await copy(`${url}/debian`)).toBeUndefined();
  expect(asked).toEqual(['/debian/pool/a%20b%2Bc.deb']);
});

test('a server that goes on and on, that is silent or broken is given up', async () => {
  const endless = await answering((_request, response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write(BODY), 1);
    response.on('close', () => clearInterval(more));
  });
  await expect(copy(endless)).rejects.toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining(`more than the ${BODY.length} bytes`),
  });
  const silent = await answering(() => {});
  await expect(copy(silent, 'x', 1, { stallMs: 20 })).rejects.toMatchObject({ outcome: 'infrastructure-failure' });
  const broken = await answering((_request, response) => void response.writeHead(500).end());
  await expect(copy(broken)).rejects.toThrow('the server answered 500');
});

test('private addresses take the word of the administrator, also behind a redirect', async () => {
  const inner = await answering((_request, response) => response.end(BODY));
  await expect(copy(inner, 'x', 1, { allowPrivate: false })).rejects.toThrow('not a public address');
  const outer = await answering((_request, response) => void response.writeHead(302, { location: inner }).end());
  expect(await copy(outer)).toEqual({ size: BODY.length, sha256 });
  const elsewhere = await answering((_request, response) => {
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  });
  await expect(copy(elsewhere)).rejects.toThrow('not an http or https URL');
});

test('no secret goes into a URL', () => {
  const options = { allowPrivate: true, signal: new AbortController().signal };
  expect(() => urlFiles('https://me:secret@example.org/', options)).toThrow('no plain URL');
  expect(() => urlFiles('https://example.org/?token=secret', options)).toThrow('no plain URL');
});
