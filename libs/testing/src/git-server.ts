import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Answers in place of git, or returns false to leave it to git. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A repository with a work tree. */
export interface ServedRepository {
  directory: string;
  url: string;
  git(...args: string[]): Promise<string>;
  /** Writes files and commits everything; returns the full id. */
  commit(files?: Record<string, string>): Promise<string>;
}

/** Repositories on the loopback, served by `git http-backend` as a web server does. */
export interface GitServer extends AsyncDisposable {
  url: string;
  /** What was asked, as `METHOD path`. */
  asked: string[];
  /** A new repository, at `/NAME`. */
  repository(name: string): Promise<ServedRepository>;
  close(): Promise<void>;
}

const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_DATE: '@1700000000 +0000',
  GIT_COMMITTER_DATE: '@1700000000 +0000',
};
const WHO = ['-c', 'user.name=Jane Doe', '-c', 'user.email=jane@fatbuildr.invalid'];

export async function gitServer(intercept: Interception = () => false): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'fatbuildr-git-'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!intercept(request, response)) serve(root, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await rm(root, { recursive: true });
  }

  async function repository(name: string): Promise<ServedRepository> {
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    const git = async (...args: string[]) => {
      const { stdout } = await run('git', ['-C', directory, ...WHO, ...args], { env: ENVIRONMENT });
      return stdout.trim();
    };
    await git('init', '--quiet', '--initial-branch=main');
    return {
      directory,
      url: `${url}/${name}`,
      git,
      async commit(files = {}) {
        for (const [path, text] of Object.entries(files)) {
          await mkdir(dirname(join(directory, path)), { recursive: true });
          await writeFile(join(directory, path), text);
        }
        await git('add', '--all', '--force');
        await git('commit', '--quiet', '--message', 'A change');
        return git('rev-parse', 'HEAD');
      },
    };
  }

  return { url, asked, repository, close, [Symbol.asyncDispose]: close };
}

/** One request as CGI (RFC 3875), which is how git http-backend takes it. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const { headers } = request;
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...ENVIRONMENT,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => {});
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  backend.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const fields = head.subarray(0, end).toString().split('\r\n');
    const pairs = fields.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 2),
    ]);
    const status = pairs.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(pairs.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
  });
  backend.stdout.once('end', () => response.end());
  response.once('close', () => backend.kill());
}
