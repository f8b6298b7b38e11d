import { type ChildProcess, fork } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';

export interface JobNetworkSpec {
  /** Begins with the workspace's name; unique on the host. */
  name: string;
  /** Gets each connection to the job's proxy address; for an HTTP server: `(s) => server.emit('connection', s)`. */
  onConnection: (socket: Socket) => void;
}

export interface JobNetwork {
  /** For a container's `network: { kind: 'namespace', name: namespace }`. */
  namespace: string;
  /** The proxy as processes in the namespace reach it. */
  proxyUrl: string;
  /** Ends its connections and removes the namespace. May be called again. */
  remove(): Promise<void>;
}

const namespacePrefix = 'fatbuildr-';
const proxyPort = 3128;

/**
 * Makes a network namespace that has a loopback and nothing else: no link to the host or to another job exists that
 * would have to be filtered. The one way out is the proxy's listening socket, opened inside and accepted by this
 * process, which therefore knows the job behind each connection.
 *
 * @throws {Failure} `infrastructure-failure` when the namespace can not be made; nothing is left then.
 */
export async function createJobNetwork({ name, onConnection }: JobNetworkSpec): Promise<JobNetwork> {
  const namespace = namespacePrefix + name;
  await ip('netns', 'add', namespace);
  try {
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const server = await listenInside(namespace);
    const open = new Set<Socket>();
    server.on('connection', (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      onConnection(socket);
    });
    let removed: Promise<void> | undefined;
    const remove = async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await removeNamespace(namespace);
    };
    return { namespace, proxyUrl: `http://127.0.0.1:${proxyPort}`, remove: () => (removed ??= remove()) };
  } catch (error) {
    await removeNamespace(namespace);
    throw error;
  }
}

/** Names given to `createJobNetwork` that still exist on this host. */
export async function listJobNetworks(): Promise<string[]> {
  const { stdout } = await execa('ip', ['netns', 'list']);
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(namespacePrefix))
    .map((name) => name.slice(namespacePrefix.length));
}

/** Removes what a dead process left of its job network; none there is no error. */
export async function removeJobNetwork(name: string): Promise<void> {
  await removeNamespace(namespacePrefix + name);
}

async function removeNamespace(namespace: string): Promise<void> {
  await execa('ip', ['netns', 'delete', namespace], { reject: false });
}

async function ip(...args: string[]): Promise<void> {
  const result = await execa('ip', args, { reject: false });
  if (!result.failed) return;
  throw new Failure(
    'infrastructure-failure',
    `the job's network can not be made: ip ${args.join(' ')}: ${result.stderr}`,
    {
      hint: 'The worker needs root and the package iproute2.',
    },
  );
}

/** The socket belongs to the namespace it was opened in, whoever accepts from it (network_namespaces(7)). */
async function listenInside(namespace: string): Promise<Server> {
  const helper = fork(fileURLToPath(new URL('./network-listener.ts', import.meta.url)), [String(proxyPort)], {
    execPath: 'ip',
    execArgv: ['netns', 'exec', namespace, process.execPath],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const server = await receiveServer(helper);
  const gone = new Promise((resolve) => helper.once('exit', resolve));
  helper.send('received');
  await gone;
  return server;
}

function receiveServer(helper: ChildProcess): Promise<Server> {
  return new Promise((resolve, reject) => {
    let said = '';
    helper.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    helper.once('message', (_, handle) => resolve(handle as Server));
    const fail = (why: string) =>
      reject(new Failure('infrastructure-failure', `no proxy can listen in the job's network: ${why}`));
    helper.once('error', (error) => fail(error.message));
    helper.once('close', () => fail(said.trim() || 'the helper ended'));
  });
}
