import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COUNT_CCACHE, ccacheEnvironment, TELL_CCACHE } from './ccache.ts';

test('ccache has a limit, however small, and knows nothing of the path that packages are built in', () => {
  expect(ccacheEnvironment({ maxBytes: 2_000_000, directory: '/build' })).toEqual({
    CCACHE_DIR: '/var/cache/fatbuildr-ccache',
    CCACHE_MAXSIZE: '2000k',
    CCACHE_BASEDIR: '/build',
    CCACHE_NOHASHDIR: '1',
  });
  expect(ccacheEnvironment({ maxBytes: 1, directory: '/build' })).toMatchObject({ CCACHE_MAXSIZE: '1k' });
});

test('what came of it is one line', () => {
  const stats = 'Cacheable calls:   2 / 2 (100%)\n  Hits:   1 / 2 (50.00%)\n    Direct:  1\n  Misses:  1 / 2\n';
  const script = `ccache() { printf '%s' '${stats}'; }\n${TELL_CCACHE}`;
  const told = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(told).toBe('ccache: Hits: 1 / 2 (50.00%) Misses: 1 / 2\n');
});

test('a ccache that is broken fails no build', () => {
  const script = `ccache() { return 1; }\nset -e\n${COUNT_CCACHE}\n${TELL_CCACHE}`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe('ccache:\n');
});
