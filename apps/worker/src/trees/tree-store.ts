import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Clock, Failure, type HeldTree, systemClock } from '@fatbuildr/domain';
import { execa } from 'execa';
import { readMetadata, writeMetadata } from './metadata.ts';
import { removeTree } from './remove-tree.ts';

/** What a tree is, whatever its generation. */
export type TreeId = Pick<HeldTree, 'kind' | 'name' | 'instance' | 'format' | 'environment' | 'architecture'>;

/** A generation that somebody works with. It stays until released. */
export interface UsedTree {
  readonly held: HeldTree;
  /** The root of the tree. */
  readonly root: string;
  /** The directory that holds the generation: `root` lies in it. */
  readonly directory: string;
  release(): void;
}

/** A generation being made. */
export interface NewTree {
  /** Its directory, empty at first; the tree is made at `root` in it. */
  readonly directory: string;
  readonly root: string;
  /** Makes it the current one. Older ones go as soon as nobody uses them. */
  publish(): Promise<HeldTree>;
  /** Removes what was made, unless it was published. */
  discard(): Promise<void>;
}

/** The images and environments of a host, in generations: `<directory>/<kind>s/<name>/<generation>/root`, `current` names one. */
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

const UNFINISHED = '.new';

export function imageId(format: HeldTree['format'], architecture: string): TreeId {
  return { kind: 'image', name: format, instance: null, format, environment: null, architecture };
}

export function environmentId(recipe: {
  instance: string;
  format: HeldTree['format'];
  name: string;
  architecture: string;
}): TreeId {
  const { instance, format, name, architecture } = recipe;
  return {
    kind: 'environment',
    name: `${instance}/${format}/${name}-${architecture}`,
    instance,
    format,
    environment: name,
    architecture,
  };
}

export function createTreeStore(directory: string, clock: Clock = systemClock): TreeStore {
  /** Generations in use or being made, by path, with how many use them. */
  const uses = new Map<string, number>();

  const home = ({ kind, name }: Pick<TreeId, 'kind' | 'name'>) => join(directory, `${kind}s`, name);

  function take(path: string): () => void {
    uses.set(path, (uses.get(path) ?? 0) + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      uses.set(path, (uses.get(path) ?? 0) - 1);
    };
  }

  async function currentPath(id: Pick<TreeId, 'kind' | 'name'>): Promise<string | undefined> {
    const target = await readlink(join(home(id), 'current')).catch(() => undefined);
    return target === undefined ? undefined : join(home(id), basename(target));
  }

  async function current(id: TreeId): Promise<HeldTree | undefined> {
    const path = await currentPath(id);
    return path === undefined ? undefined : readMetadata(path);
  }

  async function use(id: TreeId, create: string): Promise<UsedTree> {
    const path = await currentPath(id);
    const release = path === undefined ? undefined : take(path);
    const held = path === undefined ? undefined : await readMetadata(path);
    if (path === undefined || release === undefined || held === undefined) {
      release?.();
      throw missing(id, create);
    }
    return { held, directory: path, root: join(path, 'root'), release };
  }

  async function begin(id: TreeId): Promise<NewTree> {
    const created = clock();
    const generation = `${new Date(created).toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
    const path = join(home(id), generation);
    const unfinished = `${path}${UNFINISHED}`;
    await mkdir(unfinished, { recursive: true });
    const release = take(unfinished);
    return {
      directory: unfinished,
      root: join(unfinished, 'root'),
      async publish() {
        const held = { ...id, generation, created, bytes: await bytesOf(unfinished) };
        await writeMetadata(unfinished, held);
        await rename(unfinished, path);
        const link = `${path}.link`;
        await symlink(generation, link);
        await rename(link, join(home(id), 'current'));
        release();
        await collectIn(home(id));
        return held;
      },
      async discard() {
        await removeTree(unfinished);
        release();
      },
    };
  }

  async function collectIn(parent: string): Promise<void> {
    const kept = await readlink(join(parent, 'current')).catch(() => undefined);
    for (const entry of await readdir(parent, { withFileTypes: true })) {
      const path = join(parent, entry.name);
      if (entry.isSymbolicLink() && entry.name !== 'current') await rm(path, { force: true });
      if (!entry.isDirectory() || entry.name === kept || (uses.get(path) ?? 0) > 0) continue;
      // Renamed first: a half-removed tree must not pass for a whole one.
      const doomed = entry.name.endsWith(UNFINISHED) ? path : `${path}${UNFINISHED}`;
      if (doomed !== path) await rename(path, doomed);
      await removeTree(doomed);
    }
  }

  /** The directories that hold generations: images lie one below their kind, environments three. */
  async function homes(): Promise<string[]> {
    const links = ['images/*', 'environments/*/*/*'].map((pattern) => subdirectories(directory, pattern.split('/')));
    return (await Promise.all(links)).flat();
  }

  return {
    current,
    use,
    begin,
    async list() {
      const found = await Promise.all(
        (await homes()).map(async (path) => {
          const generation = await readlink(join(path, 'current')).catch(() => undefined);
          return generation === undefined ? undefined : readMetadata(join(path, basename(generation)));
        }),
      );
      return found.filter((tree) => tree !== undefined);
    },
    async collect() {
      for (const path of await homes()) await collectIn(path);
    },
  };
}

async function subdirectories(base: string, [part, ...rest]: string[]): Promise<string[]> {
  if (part === undefined) return [base];
  const names =
    part === '*'
      ? (await readdir(base, { withFileTypes: true }).catch(() => []))
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name)
      : [part];
  return (await Promise.all(names.map((name) => subdirectories(join(base, name), rest)))).flat();
}

async function bytesOf(directory: string): Promise<number | null> {
  const { stdout } = await execa('du', ['--summarize', '--block-size=1', '--one-file-system', directory], {
    reject: false,
  });
  const bytes = Number(stdout.split('\t')[0]);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

function missing(id: TreeId, create: string): Failure {
  const what =
    id.kind === 'image'
      ? `image of the ${id.format} tools`
      : `build environment ${id.environment} for ${id.architecture}`;
  return new Failure('infrastructure-failure', `This build host has no ${what}.`, { hint: `Create it: ${create}` });
}
