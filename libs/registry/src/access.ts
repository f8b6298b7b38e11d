import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriterContext } from './engine/context.ts';
import type { AccessRequest } from './model/requests.ts';
import { writeDurably } from './shared/durable.ts';

const KEYS = 'keyring.asc';
const RETIRED_KEYS = 'retired-keys.asc';

/** Writes the public keys of an instance, and a ready source for each of its repositories. */
export async function writeAccess(
  { tree, scratch, formatOf }: WriterContext,
  { instance, repositories, publicKey, retiredKeys = '' }: AccessRequest,
): Promise<void> {
  const files = retiredKeys === '' ? [KEYS] : [KEYS, RETIRED_KEYS];
  await writeDurably(join(tree, instance, KEYS), publicKey, scratch);
  if (retiredKeys === '') await rm(join(tree, instance, RETIRED_KEYS), { force: true });
  else await writeDurably(join(tree, instance, RETIRED_KEYS), retiredKeys, scratch);
  for (const repository of repositories) {
    await formatOf(repository).writeAccess(tree, repository, { publicKey, files }, scratch);
  }
}
