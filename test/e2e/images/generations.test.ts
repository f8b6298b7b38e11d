import { describe, expect, test } from 'vitest';
import { sourcePackage } from '../packages.ts';
import { farm } from '../this-farm.ts';

interface Tree {
  kind: string;
  environment: string | null;
  generation: string;
}

async function trees(instance = 'default'): Promise<Tree[]> {
  return JSON.parse((await farm.ctl(['images', 'list', '--instance', instance, '--json'])).stdout) as Tree[];
}

const generationOf = (all: Tree[], kind: string) => all.find((tree) => tree.kind === kind)?.generation;

describe('images and environments', () => {
  test('are listed, one environment for all distributions that share it', async () => {
    const all = await trees();
    expect(all.map(({ kind, environment }) => [kind, environment])).toEqual(
      expect.arrayContaining([
        ['image', null],
        ['environment', 'bookworm'],
      ]),
    );
    expect(all.filter(({ kind }) => kind === 'environment')).toHaveLength(1);
  });

  test('are not made again without --force', async () => {
    const before = await trees();
    const again = [await farm.ctl(['images', 'create']), await farm.ctl(['images', 'env-create', '-d', 'bookworm'])];
    expect(again.map(({ status }) => status)).toEqual([0, 0]);
    expect(again.map(({ stdout }) => stdout).join()).toMatch(/exists already.*--force/s);
    expect(await trees()).toEqual(before);
  });

  test('an update is a new generation, which builds use from then on', async () => {
    const before = generationOf(await trees(), 'environment');
    expect(await farm.ctl(['images', 'env-update', '-d', 'bookworm'])).toMatchObject({ status: 0 });
    const after = generationOf(await trees(), 'environment');
    expect(after).not.toBe(before);
    const built = await farm.build([await sourcePackage({ name: 'on-updated' }), '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 0 });
    expect(built.task?.jobs[0]?.attempts[0]?.environment).toBe(after);
  });

  test('what is missing is said at once, with the command that creates it', async () => {
    const command = [await sourcePackage({ name: 'too-early' }), '-d', 'bookworm', '--instance', 'spare'];
    const withoutKey = await farm.build(command);
    expect(withoutKey).toMatchObject({ status: 1, task: undefined });
    expect(withoutKey.stderr).toContain('fatbuildrctl keyring create --instance spare');
    expect(await farm.ctl(['keyring', 'create', '--instance', 'spare'])).toMatchObject({ status: 0 });
    const withoutEnvironment = await farm.build(command);
    expect(withoutEnvironment).toMatchObject({ status: 1, task: undefined });
    expect(withoutEnvironment.stderr).toContain('fatbuildrctl images env-create -f deb -d bookworm --instance spare');
  });

  test('an unknown distribution is refused with the known ones', async () => {
    const { status, stderr } = await farm.ctl(['images', 'env-create', '-d', 'bullseye']);
    expect(status).toBe(1);
    expect(stderr).toContain('bookworm, bookworm-next, bookworm-cow');
  });
});
