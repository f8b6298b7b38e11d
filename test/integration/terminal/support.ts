import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@fatbuildr/client';
import type { Config } from '@fatbuildr/config';
import { readLogFrame, type Task, type TerminalNotice } from '@fatbuildr/domain';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import { imageId, type TreeId } from '@fatbuildr/worker/src/trees/tree-id.ts';
import { createTreeStore } from '@fatbuildr/worker/src/trees/tree-store.ts';
import { execa } from 'execa';
import { WebSocket } from 'ws';
import { minimalTree, until } from '../containers/support.ts';

/** Has the build host hold a minimal tree, in which Node runs, as the tool image for deb packages, and as `others`. */
export async function holdMinimalTrees({ paths }: Config, others: readonly TreeId[] = []): Promise<void> {
  const trees = createTreeStore(paths.state);
  for (const id of [imageId('deb', hostArchitecture()), ...others]) {
    const tree = await trees.begin(id);
    await rm(tree.root, { recursive: true });
    await symlink(await minimalTree(['libstdc++6']), tree.root);
    await tree.publish();
  }
}

/** The attempt of a task, once there is one. */
export async function attemptOf(client: Client, { id }: Pick<Task, 'id'>): Promise<string> {
  let attempt: string | undefined;
  await until(async () => {
    const { jobs } = await client.task({ params: { task: id } });
    attempt = jobs[0]?.attempts.at(-1)?.id;
    return attempt !== undefined;
  });
  return attempt ?? '';
}

export interface Person {
  seen(): string;
  notices: TerminalNotice[];
  /** Bytes of the log it has: where it goes on after a cut. */
  next(): number;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits for this to be printed. */
  sees(text: string): Promise<void>;
  /** Goes without a word, as a machine that lost its power. */
  vanish(): void;
  /** The code that the connection was closed with. */
  readonly closed: Promise<number>;
}

/** Somebody at the terminal of an attempt. */
export function attach(url: string, token: string, attempt: string, query = 'columns=100&rows=30&term=linux'): Person {
  const address = `${url.replace('http', 'ws')}/api/v1/attempts/${attempt}/terminal?${query}`;
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` } });
  const notices: TerminalNotice[] = [];
  let next = -1;
  let seen = '';
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return notices.push(JSON.parse(data.toString()));
    const frame = readLogFrame(data);
    if (!frame) throw new Error('a frame that is none');
    if (next >= 0 && frame.offset !== next) throw new Error(`byte ${next} was expected, ${frame.offset} came`);
    next = frame.offset + frame.bytes.length;
    return (seen += Buffer.from(frame.bytes).toString());
  });
  const opened = new Promise((resolve) => socket.once('open', resolve));
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  });
  return {
    seen: () => seen,
    notices,
    next: () => next,
    type: (text) => void opened.then(() => socket.send(Buffer.from(text))),
    resize: (columns, rows) => void opened.then(() => socket.send(JSON.stringify({ resize: { columns, rows } }))),
    sees: (text) =>
      until(() => seen.includes(text)).catch(() => {
        throw new Error(`${JSON.stringify(text)} was not printed, but: ${JSON.stringify(seen)}`);
      }),
    vanish: () => socket.terminate(),
    closed,
  };
}

/** Processes and mounts of this host that are an attempt's. */
export async function leftOf(attempt: string): Promise<string[]> {
  const { stdout: processes } = await execa('ps', ['-eo', 'args']);
  const { stdout: mounts } = await execa('cat', ['/proc/self/mounts']);
  return `${processes}\n${mounts}`.split('\n').filter((line) => line.includes(attempt));
}

export const workspaceOf = (directory: string, attempt: string) => join(directory, 'cache/workspaces', attempt);
