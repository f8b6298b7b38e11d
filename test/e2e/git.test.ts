import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitServer, gitServer, type ServedRepository } from '@fatbuildr/testing/git-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './farm.ts';
import { definition } from './packages.ts';
import { farm } from './this-farm.ts';

/* Of the instance `other`, which may fetch from this machine and by http. */

describe('a definition in a git repository', () => {
  let server: GitServer;
  let repository: ServedRepository;
  let tagged: string;
  beforeAll(async () => {
    server = await gitServer(({ url }) => url?.startsWith('/silent.git/') ?? false);
    repository = await server.repository('packages.git');
    await cp(await definition({ name: 'fetched' }), join(repository.directory, 'packaging/fetched'), {
      recursive: true,
    });
    tagged = await repository.commit();
    await repository.git('tag', 'v1');
    await cp(join(repository.directory, 'packaging/fetched'), join(repository.directory, 'linked'), {
      recursive: true,
    });
    await symlink('/etc/passwd', join(repository.directory, 'linked/deb/copyright'));
    await repository.commit({ 'packaging/fetched/artifact.yml': 'broken' });
  });
  afterAll(() => server?.close());

  const build = (...words: string[]) =>
    farm.build(['--git', repository.url, '-d', 'bookworm', '--instance', 'other', ...words]);

  test.concurrent('builds as it was tagged, and the task tells the commit', async () => {
    const built = await build('--ref', 'v1', '--subdir', 'packaging/fetched');
    expect(built).toMatchObject({ status: 0, task: { outcome: 'success', artifact: 'fetched' } });
    expect(built.task?.origin).toEqual({ url: repository.url, ref: 'v1', subdir: 'packaging/fetched', commit: tagged });
    expect(built.stdout).toContain(`Commit ${tagged}\n`);
    expect(built.task?.jobs.map(({ name }) => name)).toEqual(['fetch', 'build:amd64', 'publish']);
  });

  test.concurrent.each([
    {
      what: 'a branch that is not there',
      words: ['--ref', 'nowhere', '-a', 'fetched'],
      told: ['has no branch or tag nowhere', 'git ls-remote'],
    },
    {
      what: 'a directory without a definition',
      words: ['--subdir', 'packaging'],
      told: ['packaging has no artifact.yml', 'there are fetched', '--subdir'],
    },
    {
      what: 'a link that leads out of it',
      words: ['--subdir', 'linked'],
      told: ['deb/copyright', 'leaves the archive'],
    },
  ])('$what is rejected', async ({ words, told }) => {
    const built = await build(...words);
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    for (const text of told) expect(built.stderr).toContain(text);
    expect(built.task?.jobs.flatMap(({ attempts }) => attempts.map(({ number }) => number))).not.toContain(2);
  });

  test.concurrent('whose server says nothing can be cancelled meanwhile', async () => {
    const place = ['--git', `${server.url}/silent.git`, '-d', 'bookworm', '--instance', 'other'];
    const id = await farm.submit(place);
    await until(() => server.asked.some((one) => one.includes('/silent.git/')), 60_000);
    expect(await farm.ctl(['cancel', id])).toMatchObject({ status: 0 });
    expect(await farm.watch(id)).toMatchObject({ status: 5, task: { outcome: 'cancelled' } });
  });

  test.concurrent('at a private address is rejected where sources may not come from one', async () => {
    const built = await farm.build(['--git', 'https://127.0.0.1:9/packages.git', '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    expect(built.stderr).toContain('127.0.0.1, which is not a public address');
  });
});
