import { spawn } from 'node:child_process';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface NamespaceAddress {
  /** The file of a network namespace, `/run/netns/NAME`. */
  namespace: string;
  host: string;
  port: number;
}

const PROGRAM = fileURLToPath(new URL('./namespace-listener.ts', import.meta.url));

/**
 * A socket that listens inside another network namespace, for this process to accept from. Needs root, and `lo` up for 127.0.0.1.
 *
 * A socket stays in the namespace it was made in, whoever holds it. So a job's namespace needs no interface but `lo` and no
 * firewall: over a veth pair, whatever listens on all of the host's addresses would be within the job's reach too.
 */
export function listenInNamespace({ namespace, host, port }: NamespaceAddress): Promise<Server> {
  const args = [`--net=${namespace}`, '--', process.execPath, PROGRAM, host, String(port)];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      reject(new Error(`cannot listen on ${host}:${port} in ${namespace}: exit ${code} ${said.trim()}`));
    });
    child.once('message', (_listening, server) => resolve(server as Server));
  });
}
