import { expect, test } from 'vitest';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

/** Compiles by an absolute path, as cmake does, with what dpkg adds; fails where the cache can hold what others would run. */
const COMPILE = `cd "$(dirname "$0")/.."
echo 'int answer(void) { return 42; }' > answer.c
gcc $(dpkg-buildflags --get CFLAGS) -c "$PWD/answer.c" -o answer.o
grep " /var/cache/fatbuildr-ccache " /proc/self/mounts | grep nosuid | grep nodev
rm answer.*`;

async function build(name: string, version: string, options: string[] = []): Promise<string> {
  const source = await sourcePackage({ name, version, build: COMPILE });
  const { status, stdout } = await farm.build([source, '-d', 'bookworm-ccache', ...options]);
  expect(stdout).toContain('ccache: ');
  expect(status).toBe(0);
  return stdout.split('\n').find((line) => line.startsWith('ccache: ')) ?? '';
}

test('another version finds what was compiled before; another artifact does not', async () => {
  expect(await build('compiled', '1.0')).toMatch(/Hits: 0 \/ 1/);
  expect(await build('compiled', '1.1', ['--no-warm'])).toMatch(/Hits: 1 \/ 1/);
  expect(await build('compiled-elsewhere', '1.0')).toMatch(/Hits: 0 \/ 1/);
});
