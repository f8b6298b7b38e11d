import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { FORMATS } from '../formats.ts';
import { testRepository } from '../test-registry.ts';
import type { ListedPackage } from './listed.ts';
import { choose } from './select.ts';

test('packages for other machines are left out of a large list at once', async () => {
  const listed = Array.from({ length: 80_000 }, (_, index): ListedPackage => {
    const [name, version, architecture] = [`p${index}`, '1', index % 2 === 0 ? 'amd64' : 's390x'];
    return { kind: 'binary', name, version, architecture, source: { name, version }, files: [] };
  });
  const lines: string[] = [];
  const begin = performance.now();
  const chosen = await choose(listed, {
    registry: { list: () => [] },
    repository: testRepository,
    derivative: 'main',
    selectors: [],
    architectures: ['amd64', 'all'],
    versions: FORMATS.deb,
    line: (text) => void lines.push(text),
  });
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(chosen).toHaveLength(40_000);
  expect(lines).toEqual(['left out: 40000 packages for s390x, which bookworm does not have']);
});
