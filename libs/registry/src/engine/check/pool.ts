import { join } from 'node:path';
import type { RepositoryRef } from '../../model/repository.ts';
import type { HeldPackage } from '../../store/garbage.ts';
import type { Content, Reading } from './reading.ts';

/** Bounded, for memory. */
const PACKAGES_AT_ONCE = 200;

/** A file of the pool of which there may be a whole copy elsewhere. */
export interface LostFile extends Content {
  /** Absolute. */
  path: string;
}

/** Reads every file of every package that a publication holds. @returns those that are not whole */
export async function checkPoolFiles(reading: Reading, ref: Omit<RepositoryRef, 'distribution'>): Promise<LostFile[]> {
  const { context, look, tell } = reading;
  const { store, tree, formatOf } = context;
  const root = formatOf(ref).root(tree, ref.instance);
  const lost: LostFile[] = [];
  for (let after = 0; ; ) {
    const page = store.held(ref, after, PACKAGES_AT_ONCE);
    const last = page.at(-1);
    if (!last) return lost;
    after = last.id;
    for (const held of page) {
      for (const file of held.files) {
        const path = join(root, file.path);
        const fault = await look(path, file);
        // It may have been collected meanwhile, and its row with it.
        if (!fault || !store.isHeld(held.id)) continue;
        lost.push({ path, size: file.size, sha256: file.sha256 });
        tell(ref.format, path, { kind: fault.kind, message: `${fault.message}; ${used(held)}`, hint: HINT(held) });
      }
    }
  }
}

function used({ name, version, architecture }: HeldPackage): string {
  return `it is of ${name} ${version} (${architecture})`;
}

const HINT = ({ source }: HeldPackage) =>
  `put a copy with that sha256 in its place, as from a backup; or withdraw ${source.name} ${source.version} ` +
  '(fatbuildrctl registry delete) and build it under a new version';
