import { writeFile } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import type { Registry } from '../model/registry.ts';
import type { Repository } from '../model/repository.ts';
import type { ExtraMetadata } from '../model/requests.ts';
import { bringList, scratchFile } from './fetch-list.ts';
import type { ListedFile, ListedMetadata, MetadataEntry } from './listed.ts';
import type { Origin } from './origin.ts';
import { MOST_METADATA } from './read/metadata.ts';

type Type = ExtraMetadata['type'];

interface Kind {
  /** As a `repomd.xml` calls it, plain or compressed. */
  listedAs: readonly string[];
  /** What people call what it consists of. */
  entries: string;
  render(texts: readonly string[]): string;
}

const KINDS: Record<Type, Kind> = {
  group: {
    listedAs: ['group', 'group_gz', 'group_xz', 'group_zst'],
    entries: 'groups',
    render: (texts) => xml('comps', texts),
  },
  updateinfo: { listedAs: ['updateinfo'], entries: 'advisories', render: (texts) => xml('updates', texts) },
  modules: {
    listedAs: ['modules'],
    entries: 'modules',
    render: (texts) => texts.map((text) => `---\n${text}\n...\n`).join(''),
  },
};

function xml(root: string, texts: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>\n${texts.join('\n')}\n</${root}>\n`;
}

/**
 * Brings the groups, advisories and modules of an RPM repository. What clients could not read, or what is too large to
 * be passed on, is left out and told.
 *
 * @param known the files of the `repomd.xml`, by type
 * @throws ChangedOrigin when one is not the file that is listed
 */
export async function bringMetadata(
  origin: Origin,
  known: ReadonlyMap<string, ListedFile>,
  head: string,
  pathsOf: (file: ListedFile) => string[],
): Promise<Omit<ListedMetadata, 'directories'>[]> {
  const brought: Omit<ListedMetadata, 'directories'>[] = [];
  for (const [type, { listedAs, entries }] of Object.entries(KINDS) as [Type, Kind][]) {
    const all = listedAs.flatMap((name) => known.get(name) ?? []);
    const fitting = all.filter(({ size }) => size <= MOST_METADATA);
    const file = await bringList(origin, fitting, head, pathsOf);
    if (!file) {
      if (all.length > 0)
        origin.line(`left out: ${type} of ${head}, which is absent or larger than ${MOST_METADATA} bytes`);
      continue;
    }
    const found = await readEntries(origin, { type, ...file });
    if (!found) continue;
    origin.line(`${head}: ${found.length} ${entries}`);
    brought.push({ type, ...file });
  }
  return brought;
}

/** Undefined, and told, when it cannot be read. */
async function readEntries(
  { reader, line }: Pick<Origin, 'reader' | 'line'>,
  { type, path, name }: Omit<ListedMetadata, 'directories'>,
): Promise<MetadataEntry[] | undefined> {
  try {
    return await reader.readList(type, { path, name });
  } catch (error) {
    if (!(error instanceof Failure) || error.outcome !== 'rejected') throw error;
    line(`warning: left out: ${type}: ${error.message}`);
    return undefined;
  }
}

/**
 * What a repository is to pass on once metadata came into a derivative: that, and of its own what is about something else.
 *
 * @throws Failure
 */
export async function mergedMetadata(
  origin: Origin,
  registry: Pick<Registry, 'metadata'>,
  { repository, derivative }: { repository: Repository; derivative: string },
  listed: readonly ListedMetadata[],
): Promise<ExtraMetadata[]> {
  const merged = new Map<string, ExtraMetadata>();
  for (const one of listed) {
    const { type } = one;
    const coming = (await readEntries(origin, one)) ?? [];
    for (const architecture of one.directories) {
      const place = { derivative, architecture, type };
      const key = `${architecture} ${type}`;
      const own = merged.get(key)?.content ?? registry.metadata(repository, place);
      const present = own ? await ownEntries(origin, type, own) : [];
      const content = joined(type, present, coming, (text) => origin.line(`${type} of ${architecture}: ${text}`));
      merged.set(key, { ...place, content });
    }
  }
  return [...merged.values()];
}

/** They are read as others' are: where keys are nobody parses them. */
async function ownEntries(origin: Origin, type: Type, content: Uint8Array): Promise<MetadataEntry[]> {
  const path = scratchFile(origin);
  await writeFile(path, content);
  return (await readEntries(origin, { type, path, name: type })) ?? [];
}

function joined(
  type: Type,
  present: readonly MetadataEntry[],
  coming: readonly MetadataEntry[],
  line: (text: string) => void,
): Uint8Array {
  const { render, entries } = KINDS[type];
  const keys = new Set(coming.map(({ key }) => key));
  const staying = present.filter(({ key }) => !keys.has(key));
  const textOf = (all: readonly MetadataEntry[]) => Buffer.from(render(all.map(({ text }) => text)));
  const whole = textOf([...staying, ...coming]);
  if (whole.length > MOST_METADATA) {
    line(`${coming.length} ${entries} come; ${staying.length} that were there go, since together they are too large`);
    return textOf(coming);
  }
  line(`${coming.length} ${entries} come, ${staying.length} others stay`);
  return whole;
}
