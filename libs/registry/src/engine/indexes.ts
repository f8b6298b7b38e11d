import type { PassedThrough } from '../format.ts';
import { before, type IndexList, type RenderedList, takes } from '../indexes/list.ts';
import { changeShards, type ListChange } from '../indexes/shards.ts';
import { writeList } from '../indexes/write-list.ts';
import { sideBySide, type Wave } from '../shared/wave.ts';
import type { ChangedRow } from '../store/members.ts';
import type { Member } from '../store/rows.ts';
import type { ListShards } from '../store/shards.ts';
import type { Found } from './batch.ts';
import type { WriterContext } from './context.ts';
import { dueOf, missedBy } from './lagging.ts';
import { keyOf } from './plan.ts';

/** What comes and goes, by rows. */
export interface RowChanges {
  add: readonly RowChange[];
  remove: readonly RowChange[];
  /** As `Change` has it. */
  rewrite: boolean;
}

type RowChange = Pick<Member, 'id' | 'derivative' | 'name' | 'kind' | 'architecture'>;

/** The indexes of a publication. */
export interface Indexed {
  lists: IndexList[];
  /** Those that changed, staged, by key. */
  rendered: Map<string, RenderedList>;
  /** And their pieces. */
  changed: ListShards[];
  passedThrough: PassedThrough[];
  /** All of it is made anew. */
  rewrite: boolean;
}

/**
 * Renders the lists that a change touches, or that no publication has yet.
 *
 * @param onBody as `changeShards` has it
 */
export async function renderIndexes(
  context: WriterContext,
  found: Found,
  changes: RowChanges,
  wave: Wave,
  onBody: (body: number) => void,
): Promise<Indexed> {
  const { store, beginnings } = context;
  const { repository, view } = found;
  const { format, definition } = view;
  const arriving = changes.add.filter(({ kind }) => kind === 'udeb').map(({ derivative }) => derivative);
  const udebs = new Set([...store.derivativesWithUdebs(repository), ...arriving]);
  const lists = format.lists(definition, (derivative) => udebs.has(derivative));
  const rendered = new Map<string, RenderedList>();
  const changed: ListShards[] = [];
  const rows = {
    add: changes.add.map(toRow).sort((a, b) => (before(a, b) ? -1 : 1)),
    remove: changes.remove.map(toRow),
    rewrite: changes.rewrite,
  };
  await sideBySide(lists, async (list) => {
    const change = changeOf(context, found, list, rows);
    if (!change) return;
    const shards = await changeShards(store, repository, list, change, onBody);
    changed.push({ key: list.key, shards });
    const key = `${repository.id} ${list.key}`;
    rendered.set(list.key, await writeList(store, list, shards, wave, beginnings, key));
  });
  const { rewrite } = changes;
  return { lists, rendered, changed, passedThrough: passedThrough(store, repository, changes), rewrite };
}

/** What changes in a list; undefined when it stays as it is, be it only for now. */
function changeOf(
  context: WriterContext,
  { repository, head, view }: Found,
  list: IndexList,
  rows: { add: ChangedRow[]; remove: ChangedRow[]; rewrite: boolean },
): ListChange | undefined {
  const [add, gone] = [rows.add, rows.remove].map((all) => all.filter((row) => takes(list, row))) as [
    ChangedRow[],
    ChangedRow[],
  ];
  const remove = new Set(gone.map((row) => row.package));
  const touched = [...add, ...gone];
  const isNew = view.format.entriesOf(list, head?.manifest ?? []).length === 0;
  if (isNew || rows.rewrite) return { add, remove, touched, anew: true };
  if (list.mayLag) {
    if (dueOf(context, repository, list) > context.clock()) return undefined;
    touched.push(...missedBy(context, repository, list));
  }
  return touched.length === 0 ? undefined : { add, remove, touched, anew: false };
}

function toRow({ id, derivative, name, kind, architecture }: RowChange): ChangedRow {
  return { package: id, derivative, name, kind, architecture };
}

/** The metadata that a publication passes through once the changes are made. */
function passedThrough(
  store: WriterContext['store'],
  repository: Found['repository'],
  { add, remove }: RowChanges,
): PassedThrough[] {
  const gone = new Set(remove.map(keyOf));
  const present = store.metadata(repository).filter((member) => !gone.has(keyOf(member)));
  return [...present, ...add.filter(({ kind }) => kind === 'metadata')].map(
    ({ id, derivative, architecture, name }) => ({
      derivative,
      directory: architecture,
      type: name,
      content: () => store.part(id, 'content'),
    }),
  );
}

/** The metadata of derivatives and directories that a repository does not have any more. */
export function strayMetadata({ store }: WriterContext, { repository, view }: Found): Member[] {
  const { format, definition } = view;
  const directories = format.directories(definition);
  return store
    .metadata(repository)
    .filter(
      ({ derivative, architecture }) =>
        !definition.derivatives.includes(derivative) || !directories.includes(architecture),
    );
}
