import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  createJobNetwork,
  createNspawnRunner,
  type JobNetwork,
  type JobNetworkSpec,
  runToEnd,
} from '@fatbuildr/containers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containerOn, minimalTree, scratch } from './support.ts';

const runner = createNspawnRunner({ warn: () => undefined });
const proxy = createServer((request, response) => response.end(`proxied ${request.url}`));
const hostService = createServer((_, response) => response.end('host'));
const networks: JobNetwork[] = [];
let directory: string;
let removeScratch: () => Promise<void>;

beforeAll(async () => {
  await minimalTree();
  const made = await scratch();
  directory = made.path;
  removeScratch = made.remove;
  await new Promise<void>((resolve) => hostService.listen(0, '0.0.0.0', resolve));
});
afterAll(async () => {
  await Promise.all(networks.map((network) => network.remove()));
  hostService.close();
  await removeScratch();
});

async function network(
  name: string,
  onConnection: JobNetworkSpec['onConnection'] = (socket) => void proxy.emit('connection', socket),
) {
  const made = await createJobNetwork({ name: `${name}-${process.pid}`, onConnection });
  networks.push(made);
  return made;
}

/** An HTTP request by hand: the minimal tree has bash and no client. */
const ask = (address: string) =>
  `exec 3<>/dev/tcp/${address} && printf 'GET http://mirror.test/x HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;

test('the proxy is reached from the container', async () => {
  const { namespace, proxyUrl } = await network('proxied');
  const { spec, output } = await containerOn(directory, 'proxied');
  const address = proxyUrl.replace('http://', '').replace(':', '/');
  await runToEnd(
    runner,
    spec('', { command: ['bash', '-c', ask(address)], network: { kind: 'namespace', name: namespace } }),
  );
  expect(output()).toContain('proxied http://mirror.test/x');
});

test('nothing of the host is reached, not even what listens on every address', async () => {
  const { namespace } = await network('isolated');
  const { port } = hostService.address() as AddressInfo;
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('host');
  const { stdout } = await execa('hostname', ['-I']);
  for (const address of ['127.0.0.1', ...stdout.split(' ').filter((word) => word.includes('.'))]) {
    const { spec, output } = await containerOn(directory, `isolated${address.replaceAll('.', 'x')}`);
    const command = ['timeout', '3', 'bash', '-c', ask(`${address}/${port}`)] as const;
    const exit = await runToEnd(
      runner,
      spec('', { command: [...command], network: { kind: 'namespace', name: namespace } }),
    );
    expect(exit.code).not.toBe(0);
    expect(output()).toMatch(/refused|unreachable/);
  }
});

test('two jobs at the same address reach a proxy each and not one another', async () => {
  const answered: string[] = [];
  const namespaces: JobNetwork[] = [];
  for (const name of ['first', 'second']) {
    const answer = (socket: Socket) => {
      answered.push(name);
      proxy.emit('connection', socket);
    };
    namespaces.push(await network(name, answer));
  }
  const inside = (index: number, script: string) =>
    execa('ip', ['netns', 'exec', namespaces[index]?.namespace ?? '', 'timeout', '5', 'bash', '-c', script], {
      reject: false,
    });
  await inside(1, ask('127.0.0.1/3128'));
  expect(answered).toEqual(['second']);
  const links = await inside(0, 'ip -oneline link');
  expect(
    links.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(': ')[1]),
  ).toEqual(['lo']);
  expect((await inside(0, 'ip route; ip -6 route')).stdout).not.toContain('default');
});

test('with no network there is not even the proxy', async () => {
  const { spec, output } = await containerOn(directory, 'nothing');
  await runToEnd(runner, spec('', { command: ['timeout', '3', 'bash', '-c', ask('127.0.0.1/3128')] }));
  expect(output()).toContain('refused');
});

test('removal ends open connections and may be repeated', async () => {
  const made = await network('removed', () => undefined);
  const waiting = execa('ip', ['netns', 'exec', made.namespace, 'timeout', '20', 'bash', '-c', ask('127.0.0.1/3128')], {
    reject: false,
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await Promise.all([made.remove(), made.remove()]);
  expect((await waiting).exitCode).not.toBe(124);
  expect((await execa('ip', ['netns', 'list'])).stdout).not.toContain(made.namespace);
});
