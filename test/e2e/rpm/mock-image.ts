import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import { imageId } from '@fatbuildr/worker/src/trees/tree-id.ts';
import { createTreeStore } from '@fatbuildr/worker/src/trees/tree-store.ts';
import { execa } from 'execa';

/** The root of a tool image that has mock: a Fedora, or a Debian into which mock was put by hand. */
export const mockImage = process.env.FATBUILDR_TEST_MOCK_IMAGE;

export const noMockImage =
  'no tool image with mock: Debian has none; set FATBUILDR_TEST_MOCK_IMAGE to the root of one, such as that of Fedora';

/** Has a build host hold a copy of it for rpm packages, once `change` was at it. */
export async function holdMockImage(
  root: string,
  state: string,
  change: (root: string) => Promise<void> = async () => {},
): Promise<void> {
  await lstat(join(root, 'usr/bin/mock'));
  const tree = await createTreeStore(state).begin(imageId('rpm', hostArchitecture()));
  await execa('cp', ['-a', '--reflink=auto', `${root}/.`, tree.root]);
  await change(tree.root);
  await tree.publish();
}
