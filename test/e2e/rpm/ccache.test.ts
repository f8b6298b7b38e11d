import { expect, test } from 'vitest';
import { farm } from '../this-farm.ts';
import { rpmDefinition } from './packages.ts';

/** Compiles by an absolute path, as cmake does; fails where the cache can hold what others would run. */
const COMPILE = `echo 'int answer(void) { return 42; }' >answer.c
gcc %{optflags} -c "$PWD/answer.c" -o answer.o
grep " /var/cache/fatbuildr-ccache " /proc/self/mounts | grep nosuid | grep nodev`;

/** What its log says of ccache at the end, and of its dependencies. */
async function build(name: string, version: string): Promise<{ told: string; stdout: string }> {
  const directory = await rpmDefinition({ name, version, build: COMPILE });
  const { status, stdout } = await farm.build([directory, '--instance', 'rpms', '-d', 'el9-ccache', '-m', version]);
  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('ccache: ') });
  return { told: stdout.split('\n').find((line) => line.startsWith('ccache: ')) ?? '', stdout };
}

test('another version finds what was compiled before, and ccache among the dependencies of an earlier build', async () => {
  const first = await build('compiled', '1.0');
  expect(first.told).toMatch(/Hits: 0 \/ 1/);
  expect(first.stdout).toMatch(/Installing *: ccache/);
  const second = await build('compiled', '1.1');
  expect(second.told).toMatch(/Hits: 1 \/ 1/);
  expect(second.stdout).toContain('dependencies: those of an earlier build, installed already');
  expect(second.stdout).not.toMatch(/Installing *: ccache/);
});
