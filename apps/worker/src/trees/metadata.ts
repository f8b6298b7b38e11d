import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeldTree } from '@fatbuildr/domain';

const FILE = 'metadata.json';

/** What a generation says of itself, or undefined when it has nothing readable to say: it was never finished. */
export async function readMetadata(generation: string): Promise<HeldTree | undefined> {
  try {
    return HeldTree.parse(JSON.parse(await readFile(join(generation, FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeMetadata(generation: string, tree: HeldTree): Promise<void> {
  await writeFile(join(generation, FILE), `${JSON.stringify(tree, null, 2)}\n`);
}
