import type { BuildRpmOrder } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import type { PackageBuild } from '../build/build.ts';
import { openBuilder } from './builder.ts';

test('an environment that another builder made is no use', async () => {
  const target = { distribution: 'el9', environment: 'rocky-9', builder: 'rpmbuild' };
  const build = { job: { order: { target } }, environment: { held: { builder: 'mock' } } };
  await expect(openBuilder(build as unknown as PackageBuild<BuildRpmOrder>)).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    hint: expect.stringContaining('--force'),
  });
});
