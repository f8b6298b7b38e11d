import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CleanRoot, cleanRoot } from './clean-root.ts';
import type { Built } from './farm.ts';
import { sourcePackage } from './packages.ts';
import { debianSource } from './sources.ts';
import { farm } from './this-farm.ts';

describe('a ready source package', () => {
  let client: CleanRoot | undefined;
  afterAll(() => client?.remove());

  test('of Debian builds and installs', async () => {
    const built = await farm.build([await debianSource('figlet'), '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 0, task: { outcome: 'success', artifact: 'figlet' } });
    client = await cleanRoot();
    await client.update();
    await client.install('figlet');
    expect(await client.run('figlet', 'farm')).toMatch(/\|_\|/);
  });

  test('that was renamed, or is ordered as another, is refused before it is built', async () => {
    const dsc = await sourcePackage({ name: 'renamed' });
    const other = join(dirname(dsc), 'other.dsc');
    await copyFile(dsc, other);
    for (const [args, told] of [
      [[other], 'mv other.dsc renamed_1.0.dsc'],
      [[dsc, '-a', 'another'], 'The source package is of renamed, submitted was another.'],
    ] as const) {
      const { task, stderr } = await farm.build([...args, '-d', 'bookworm']);
      expect(task).toMatchObject({ outcome: 'rejected', artifacts: [] });
      expect(task?.jobs[0]?.attempts).toHaveLength(1);
      expect(stderr).toContain(told);
    }
  });

  test('of a version that is published with other bytes is refused, with what to do', async () => {
    const build = async (content: string): Promise<Built> =>
      farm.build([
        await sourcePackage({ name: 'fixed', build: `echo ${content} > payload/content` }),
        '-d',
        'bookworm',
      ]);
    expect(await build('one')).toMatchObject({ status: 0 });
    const second = await build('two');
    expect(second.status).not.toBe(0);
    expect(second.task?.outcome).toMatch(/publish-failure|rejected/);
    expect(second.stderr).toContain('1.0');
    expect(second.stderr).toMatch(/other (bytes|content)|differ/);
    const listed = await farm.ctl(['registry', 'show', 'fixed', '-d', 'bookworm', '--json']);
    expect(JSON.parse(listed.stdout)).toHaveLength(2);
  });
});
