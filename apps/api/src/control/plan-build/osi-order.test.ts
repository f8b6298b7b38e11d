import type { Instance, OsiDistribution } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import type { Change } from '../context.ts';
import type { BuildFor } from './build-for.ts';
import { osiOrder } from './osi-order.ts';

const distribution = { format: 'osi', name: 'images', env: 'images', tag: 'images', mirrors: [] } as unknown;
const instance = { id: 'default', architectures: ['amd64', 'arm64'], distributions: [distribution], derivatives: [] };

test.each([
  ['amd64', true],
  ['arm64', false],
])('the files of an image for %s alone are called as those of the first architecture: %s', async (architecture, is) => {
  const common = { architecture, primary: true } as BuildFor;
  const order = await osiOrder({} as Change, instance as unknown as Instance, distribution as OsiDistribution, common, {
    derivatives: ['main'],
    publicKey: '',
  });
  expect(order).toMatchObject({ kind: 'build-osi', architecture, primary: is });
});
