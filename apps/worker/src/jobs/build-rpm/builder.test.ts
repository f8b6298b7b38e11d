import type { BuildRpmOrder } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import type { PackageBuild } from '../build/build.ts';
import { openBuilder } from './builder.ts';

/** A build in an environment that the host made by mock. */
function build(changes: Partial<BuildRpmOrder>, builder: 'mock' | 'rpmbuild' | null = null) {
  const target = { distribution: 'el9', environment: 'rocky-9', builder };
  const order = { target, ...changes };
  return { job: { order }, environment: { held: { builder: 'mock' } } } as unknown as PackageBuild<BuildRpmOrder>;
}

test('an interactive build is refused where the builder that the host chose leaves nothing to look at', async () => {
  await expect(openBuilder(build({ interactive: { wallMs: 1, silenceMs: 1 } }))).rejects.toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining("el9 on this host is mock's"),
    hint: expect.stringMatching(/without --interactive; or .*builder: rpmbuild/),
  });
});

test('an environment that another builder made is no use', async () => {
  await expect(openBuilder(build({}, 'rpmbuild'))).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    hint: expect.stringContaining('--force'),
  });
});
