import { join } from 'node:path';
import type { WriterContext } from './engine/context.ts';
import type { AccessRequest } from './model/requests.ts';
import { writeDurably } from './shared/durable.ts';

const KEYS = 'keyring.asc';
const RETIRED_KEYS = 'retired-keys.asc';

/**
 * Writes the public keys of an instance, and a ready source for each of its repositories. Both files of keys are there
 * from the beginning, since clients keep their sources: who asks for keys of packages is given those that sign until
 * there are others.
 */
export async function writeAccess(
  { tree, scratch, formatOf }: WriterContext,
  { instance, repositories, publicKey, retiredKeys = '' }: AccessRequest,
): Promise<void> {
  const files = [KEYS, RETIRED_KEYS];
  await writeDurably(join(tree, instance, KEYS), publicKey, scratch);
  await writeDurably(join(tree, instance, RETIRED_KEYS), retiredKeys || publicKey, scratch);
  for (const repository of repositories) {
    await formatOf(repository).writeAccess(tree, repository, { publicKey, files }, scratch);
  }
}
