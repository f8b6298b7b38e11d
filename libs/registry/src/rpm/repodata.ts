import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Writing } from '../format.ts';
import { PACKERS } from '../indexes/pack.ts';
import type { ManifestEntry } from '../model/publication.ts';
import type { RpmRepository } from '../model/repository.ts';
import { directoryOf, directoryOfEntry, HEAD, type RpmLayout, type RpmTarget, SIGNATURE } from './layout.ts';
import type { RepodataFile } from './repomd.ts';

/** The names of files that come from outside and are passed through as they are. */
const PASSED_THROUGH: Record<string, string> = {
  group: 'comps.xml',
  updateinfo: 'updateinfo.xml',
  modules: 'modules.yaml',
};

/** A file of `repodata/`, and where its bytes are: staged now, or in the snapshot before. */
export interface SourcedFile extends RepodataFile {
  staged: string | null;
  kept: string | null;
}

/** What is in a target's `repodata/` beside its head, or null when all of it is as it was. */
export async function repodataOf(
  layout: RpmLayout,
  target: RpmTarget,
  writing: Writing<RpmRepository>,
): Promise<SourcedFile[] | null> {
  const { definition, head, lists, rendered, passedThrough, rewrite, resign, wave } = writing;
  const directory = directoryOf(target);
  const known = (head?.manifest ?? []).filter((entry) => directoryOfEntry(entry) === directory);
  const files: SourcedFile[] = [];
  for (const list of lists.filter(({ key }) => key.slice(0, key.lastIndexOf('/')) === directory)) {
    const { key, part } = list;
    const made = rendered.get(key);
    const named = { type: part, file: basename(key), kept: null };
    if (made) {
      files.push({ ...named, size: made.size, sha256: made.sha256, open: made.plain, staged: made.staged });
    } else {
      const kept = findKept(layout, known, part, basename(key));
      if (kept) files.push(kept);
    }
  }
  const { suffix, pack } = PACKERS[definition.compression ?? 'gzip'];
  for (const each of passedThrough) {
    if (each.derivative !== target.derivative || each.directory !== target.directory) continue;
    const file = `${PASSED_THROUGH[each.type]}${suffix}`;
    const content = each.content();
    const open = { size: content.length, sha256: digest(content) };
    const kept = rewrite ? undefined : findKept(layout, known, each.type, file);
    if (kept?.open.sha256 === open.sha256) {
      files.push(kept);
      continue;
    }
    const packed = await pack(content);
    files.push({
      type: each.type,
      file,
      size: packed.length,
      sha256: digest(packed),
      open,
      staged: await wave.stage(packed),
      kept: null,
    });
  }
  const before = known.filter(({ path, listedOnly }) => !listedOnly && ![HEAD, SIGNATURE].includes(basename(path)));
  const same = before.length === files.length && files.every(({ kept }) => kept !== null);
  return same && !resign && before.length > 0 ? null : files;
}

/** A file of the snapshot before; the manifest tells its digest unpacked under its name unpacked. */
function findKept(
  layout: RpmLayout,
  known: readonly ManifestEntry[],
  type: string,
  file: string,
): SourcedFile | undefined {
  const entry = known.find(({ path, sha256, listedOnly }) => !listedOnly && basename(path) === `${sha256}-${file}`);
  const open = known.find(({ path, listedOnly }) => listedOnly && basename(path) === unpackedName(file));
  if (!entry || !open) return undefined;
  const { size, sha256 } = entry;
  const kept = join(layout.top, entry.path);
  return { type, file, size, sha256, open: { size: open.size, sha256: open.sha256 }, staged: null, kept };
}

/** `primary.xml` of `primary.xml.gz`. */
export function unpackedName(file: string): string {
  return file.slice(0, file.lastIndexOf('.'));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
