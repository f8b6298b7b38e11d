import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { type GitServer, gitServer, type Interception } from '@fatbuildr/testing/git-server';
import { afterEach, expect, test } from 'vitest';
import { fixedLookup } from '../network/loopback.ts';
import { createGateway, type Gateway, type GatewayOptions, REPOSITORY_PATH } from './gateway.ts';

const run = promisify(execFile);
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function served(intercept?: Interception): Promise<GitServer> {
  const server = await gitServer(intercept);
  undo.push(() => server.close());
  return server;
}

/** A gateway that listens on the loopback; returns where the repository is behind it. */
async function listening(options: Omit<GatewayOptions, 'maxBytes'> & { maxBytes?: number }) {
  const gateway: Gateway = createGateway({ maxBytes: 1e6, ...options });
  const listener = createServer((socket) => gateway.serve(socket)).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  undo.push(() => {
    gateway.close();
    listener.close();
  });
  const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return { gateway, origin, url: `${origin}${REPOSITORY_PATH}` };
}

const git = (...args: string[]) =>
  run('git', args, {
    env: { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' },
  });

test('git reads a repository through it, and reaches nothing else', async () => {
  const server = await served();
  const repository = await server.repository('hello.git');
  const commit = await repository.commit({ file: 'content' });
  const { gateway, url, origin } = await listening({ url: `${repository.url}/`, allowPrivate: true });
  const { stdout } = await git('ls-remote', url, 'HEAD');
  expect(stdout).toBe(`${commit}\tHEAD\n`);
  const asked = server.asked.length;
  for (const path of ['/', '/repository/HEAD', '/repository/info/refs?service=git-receive-pack', '/hello.git/HEAD']) {
    expect((await fetch(`${origin}${path}`)).status).toBe(403);
  }
  expect((await fetch(`${url}/git-receive-pack`, { method: 'POST' })).status).toBe(403);
  expect(server.asked).toHaveLength(asked);
  expect(gateway.failure()).toBeUndefined();
});

test('a redirect is followed, and what is asked for later goes to where it led', async () => {
  const server = await served((request, response) => {
    if (!request.url?.startsWith('/old/')) return false;
    response.writeHead(301, { location: request.url.replace('/old/', '/hello.git/') }).end();
    return true;
  });
  const commit = await (await server.repository('hello.git')).commit({ file: '' });
  const { url } = await listening({ url: `${server.url}/old`, allowPrivate: true });
  expect((await git('ls-remote', url, 'HEAD')).stdout).toContain(commit);
  expect(server.asked.at(-1)).toBe('POST /hello.git/git-upload-pack');
});

/** Why git could not read what `options` name. */
async function failureOf(options: Parameters<typeof listening>[0]) {
  const { gateway, url } = await listening(options);
  await expect(git('ls-remote', url)).rejects.toThrow('Command failed');
  return gateway.failure();
}

test.each(['http://127.0.0.1:9/hello.git', 'https://10.0.0.1/hello.git', 'https://[::1]/hello.git'])(
  'the private address of %s is refused',
  async (url) => {
    expect(await failureOf({ url, allowPrivate: false })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('not a public address'),
    });
  },
);

test('so is a name that leads to one', async () => {
  const { lookup } = fixedLookup({ 'git.example': [['127.0.0.1']] });
  const url = 'https://git.example/hello.git';
  expect(await failureOf({ url, allowPrivate: false, lookup })).toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining('git.example (127.0.0.1)'),
  });
});

test('https is asked for with a certificate that this host trusts, and leads to https alone', async () => {
  const server = await served();
  const repository = await server.repository('hello.git');
  const commit = await repository.commit({ file: '' });
  const { cert, url } = await encrypted(server.url);
  const asked = { url: `${url}/hello.git`, allowPrivate: true };
  expect(await failureOf(asked)).toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining('certificate of the server is not trusted'),
  });
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, cert]);
  try {
    const gateway = await listening(asked);
    expect((await git('ls-remote', gateway.url, 'HEAD')).stdout).toContain(commit);
    expect(await failureOf({ ...asked, url: `${url}/plain/hello.git` })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining(`redirects to ${server.url}/hello.git`),
    });
  } finally {
    setDefaultCACertificates(trusted);
  }
});

/** A server that passes on by http what it is asked by https, but redirects there what lies below `/plain/`. */
async function encrypted(origin: string): Promise<{ cert: string; url: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'fatbuildr-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', ['req', ...kind, ...subject, '-days', '2', '-keyout', key, '-out', cert]);
  const pem = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(directory, { recursive: true });
  const server = createHttpsServer(pem, (incoming, response) => {
    const { method = 'GET', headers, url = '/' } = incoming;
    if (url.startsWith('/plain/')) {
      response.writeHead(302, { location: `${origin}${url.slice('/plain'.length)}` }).end();
      return;
    }
    const outgoing = request(`${origin}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { cert: pem.cert, url: `https://localhost:${(server.address() as AddressInfo).port}` };
}

test('a redirect to what is no repository is refused', async () => {
  const server = await served((request, response) => {
    const isOld = request.url?.startsWith('/old/') ?? false;
    if (isOld) response.writeHead(302, { location: '/login' }).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    return true;
  });
  for (const path of ['old', 'page']) {
    expect(await failureOf({ url: `${server.url}/${path}`, allowPrivate: true })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('not a git repository: its server answers with text/html'),
    });
  }
});

test.each([
  [401, 'rejected', /401/, /everybody may read/],
  [404, 'rejected', /404/, /everybody may read/],
  [503, 'infrastructure-failure', /503/, /later/],
])('an answer %d is %s', async (status, outcome, message, hint) => {
  const server = await served((_, response) => {
    response.writeHead(status).end();
    return true;
  });
  expect(await failureOf({ url: `${server.url}/hello.git`, allowPrivate: true })).toMatchObject({
    ...{ outcome, message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
  });
});

test('more than it may send is cut off, and silence ends', async () => {
  const server = await served((request) => request.url?.startsWith('/silent/') ?? false);
  const repository = await server.repository('hello.git');
  await repository.commit({ file: '' });
  expect(await failureOf({ url: repository.url, allowPrivate: true, maxBytes: 100 })).toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining('more than 100 bytes'),
    hint: expect.stringContaining('limits.sourceBytes'),
  });
  expect(await failureOf({ url: `${server.url}/silent`, allowPrivate: true, stallMs: 50 })).toMatchObject({
    outcome: 'infrastructure-failure',
    message: expect.stringContaining('sent nothing for 0.05 s'),
  });
});
