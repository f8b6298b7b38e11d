import type { PassedThrough } from '../format.ts';
import { before, type IndexList, type ListedPackage, type RenderedList, takes } from '../indexes/list.ts';
import { changeShards } from '../indexes/shards.ts';
import { writeList } from '../indexes/write-list.ts';
import { sideBySide, type Wave } from '../shared/wave.ts';
import type { Member } from '../store/rows.ts';
import type { ListShards } from '../store/shards.ts';
import type { Found } from './batch.ts';
import type { WriterContext } from './context.ts';
import { keyOf } from './plan.ts';

/** What comes and goes, by rows. */
export interface RowChanges {
  add: readonly RowChange[];
  remove: readonly RowChange[];
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
}

/**
 * Renders the lists that a change touches, or that no publication has yet.
 *
 * @param onBody as `changeShards` has it
 */
export async function renderIndexes(
  { store }: WriterContext,
  { repository, head, view }: Found,
  changes: RowChanges,
  wave: Wave,
  onBody: (body: number) => void,
): Promise<Indexed> {
  const { format, definition } = view;
  const udebs = new Set(
    [...store.holdings(repository), ...changes.add]
      .filter(({ kind }) => kind === 'udeb')
      .map(({ derivative }) => derivative),
  );
  const lists = format.lists(definition, (derivative) => udebs.has(derivative));
  const rendered = new Map<string, RenderedList>();
  const changed: ListShards[] = [];
  const toListed = ({ id, derivative, name, kind, architecture }: RowChange): ListedPackage => {
    return { package: id, derivative, name, kind, architecture };
  };
  const [add, remove] = [changes.add.map(toListed), changes.remove.map(toListed)];
  add.sort((a, b) => (before(a, b) ? -1 : 1));
  await sideBySide(lists, async (list) => {
    const [coming, going] = [add, remove].map((all) => all.filter((each) => takes(list, each)));
    const isThere = format.entriesOf(list, head?.manifest ?? []).length > 0;
    if (isThere && coming?.length === 0 && going?.length === 0) return;
    const change = { add: coming ?? [], remove: new Map(going?.map((each) => [each.package, each])) };
    const shards = await changeShards(store, repository, list, change, onBody);
    changed.push({ key: list.key, shards });
    rendered.set(list.key, await writeList(store, list, shards, wave));
  });
  return { lists, rendered, changed, passedThrough: passedThrough(store, repository, changes) };
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
