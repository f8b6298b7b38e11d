import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { collectGenerations, createGeneration, currentGeneration } from '@fatbuildr/containers';
import { type Clock, Failure, HeldTree, systemClock } from '@fatbuildr/domain';
import { bytesOf } from './bytes-of.ts';
import type { TreeId } from './tree-id.ts';

/** A generation that somebody works with. It stays until released. */
export interface UsedTree {
  readonly held: HeldTree;
  /** The root of the tree: read, never written. */
  readonly root: string;
  /** The directory of the generation, which holds the tree. */
  readonly directory: string;
  /** An outdated generation goes with the last who used it. */
  release(): Promise<void>;
}

/** A generation being made. */
export interface NewTree {
  /** The directory of the generation, which holds the tree. */
  readonly directory: string;
  /** Empty at first. */
  readonly root: string;
  /** Makes it the current one. Older ones go as soon as nobody uses them. */
  publish(): Promise<HeldTree>;
  /** Removes what was made, unless it was published. */
  discard(): Promise<void>;
}

/** The images, bootstraps and environments of a host: the generations of each below `<directory>/<kind>s/<name>/`. */
export interface TreeStore {
  current(id: TreeId): Promise<HeldTree | undefined>;
  /**
   * The current generation, kept until released.
   *
   * @throws Failure `infrastructure-failure` when there is none; its hint is `create`, the command that makes one
   */
  use(id: TreeId, create: string): Promise<UsedTree>;
  begin(id: TreeId): Promise<NewTree>;
  list(): Promise<HeldTree[]>;
  /** Removes generations that are neither current nor in use, and what was left unfinished. */
  collect(): Promise<void>;
}

export function createTreeStore(directory: string, clock: Clock = systemClock): TreeStore {
  /** How many use each generation that is in use or being made. */
  const uses = new Map<string, number>();
  const home = ({ kind, name }: Pick<TreeId, 'kind' | 'name'>) => join(directory, `${kind}s`, name);

  function take(generation: string): () => void {
    uses.set(generation, (uses.get(generation) ?? 0) + 1);
    let taken = true;
    return () => {
      const left = (uses.get(generation) ?? 0) - 1;
      if (taken && left > 0) uses.set(generation, left);
      else if (taken) uses.delete(generation);
      taken = false;
    };
  }

  async function use(id: TreeId, create: string): Promise<UsedTree> {
    const found = await currentGeneration(home(id));
    if (found === undefined) throw missing(id, create);
    const release = take(found.id);
    const isCurrent = async () => (await currentGeneration(home(id)))?.id === found.id;
    // It may have been collected just before it was taken.
    if (!(await isCurrent())) {
      release();
      return use(id, create);
    }
    return {
      held: HeldTree.parse(found.metadata),
      root: found.tree,
      directory: dirname(found.tree),
      async release() {
        release();
        if (!(await isCurrent())) await collectIn(home(id));
      },
    };
  }

  async function collectIn(path: string): Promise<void> {
    await collectGenerations(path, { inUse: new Set(uses.keys()) });
  }

  /** The directories that hold generations: environments lie three below their kind, others one. */
  async function homes(): Promise<string[]> {
    const found = ['bootstraps/*', 'images/*', 'environments/*/*/*'].map((pattern) =>
      subdirectories(directory, pattern.split('/')),
    );
    return (await Promise.all(found)).flat();
  }

  return {
    use,
    async current(id) {
      const found = await currentGeneration(home(id));
      return found && HeldTree.parse(found.metadata);
    },
    async begin(id) {
      const created = clock();
      const draft = await createGeneration(home(id), clock);
      const release = take(draft.id);
      return {
        directory: dirname(draft.tree),
        root: draft.tree,
        async publish() {
          const held: HeldTree = { ...id, generation: draft.id, created, bytes: await bytesOf(draft.tree) };
          await draft.commit(held);
          release();
          await collectIn(home(id));
          return held;
        },
        async discard() {
          await draft.abort();
          release();
        },
      };
    },
    async list() {
      const found = await Promise.all((await homes()).map((path) => currentGeneration(path).catch(() => undefined)));
      return found.flatMap((generation) => HeldTree.safeParse(generation?.metadata).data ?? []);
    },
    async collect() {
      for (const path of await homes()) await collectIn(path);
    },
  };
}

/** The generations that builds start on. */
export async function generationsOf(trees: Pick<TreeStore, 'list'>): Promise<Set<string>> {
  return new Set((await trees.list()).map(({ generation }) => generation));
}

async function subdirectories(base: string, [part, ...rest]: string[]): Promise<string[]> {
  if (part === undefined) return [base];
  const entries = await readdir(base, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && (part === '*' || entry.name === part));
  return (await Promise.all(names.map(({ name }) => subdirectories(join(base, name), rest)))).flat();
}

function missing(id: TreeId, create: string): Failure {
  const what =
    id.kind === 'image'
      ? `image of the ${id.format} tools`
      : `build environment ${id.environment} for ${id.architecture}`;
  return new Failure('infrastructure-failure', `This build host has no ${what}.`, { hint: `Create it: ${create}` });
}
