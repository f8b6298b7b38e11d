import { expect, test } from 'vitest';
import type { ContainerSpec } from './container.ts';
import { nspawnArguments } from './nspawn-arguments.ts';

const spec: ContainerSpec = {
  name: 'abc-build',
  root: '/w/merged',
  command: ['echo', 'a b'],
  network: { kind: 'none' },
  onOutput: () => undefined,
};

test('no network means a private one, and a named one is joined', () => {
  expect(nspawnArguments(spec)).toContain('--private-network');
  const joined = nspawnArguments({ ...spec, network: { kind: 'namespace', name: 'job' } });
  expect(joined).toContain('--network-namespace-path=/run/netns/job');
  expect(joined).not.toContain('--private-network');
});

test('the network can be administered only when that was asked for', () => {
  const dropped = (words: string[]) => words.find((word) => word.startsWith('--drop-capability=')) ?? '';
  expect(dropped(nspawnArguments(spec))).toContain('CAP_NET_ADMIN');
  const asked = nspawnArguments({ ...spec, capabilities: ['CAP_NET_ADMIN'] });
  expect(dropped(asked)).not.toContain('CAP_NET_ADMIN');
  expect(asked).toContain('--capability=CAP_NET_ADMIN');
});

test('a machine of 32 bits may be pretended', () => {
  const words = nspawnArguments({ ...spec, personality: 'x86' });
  expect(words).toContain('--personality=x86');
  expect(nspawnArguments(spec).some((word) => word.startsWith('--personality'))).toBe(false);
});

test('mounts keep colons in their paths', () => {
  const words = nspawnArguments({
    ...spec,
    mounts: [
      { source: '/a:b', target: '/t' },
      { source: '/c', target: '/d', readOnly: true },
    ],
  });
  expect(words).toContain('--bind=/a\\:b:/t');
  expect(words).toContain('--bind-ro=/c:/d');
});

test('/tmp is a directory of the host where one is given', () => {
  expect(nspawnArguments({ ...spec, temporary: '/w/tmp' })).toContain('--bind=/w/tmp:/tmp');
  expect(nspawnArguments(spec).some((word) => word.startsWith('--bind'))).toBe(false);
});

test('the command is passed as words, not through a shell', () => {
  expect(nspawnArguments(spec).slice(-3)).toEqual(['sh', 'echo', 'a b']);
});
