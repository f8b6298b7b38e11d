import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobPath } from '@fatbuildr/blobs';
import type { AttemptApi } from '@fatbuildr/client/worker';
import {
  type FileRef,
  type Format,
  type Instance,
  type KeyringOrder,
  newId,
  type PhaseEvent,
  ProblemError,
  type PublicationPart,
  type PublisherOrder,
  type PublishOrder,
  type ResultRequest,
  repositoryTarget,
} from '@fatbuildr/domain';
import { type Bytes, bytesOf, openRegistry, type ReadingSession, readPackage, readRpm } from '@fatbuildr/registry';
import { createLogger } from '@fatbuildr/service';
import type { Works } from './attempt/job.ts';
import { type RunningAttempt, startAttempt } from './attempt/run-attempt.ts';
import { contentsOf } from './contents.ts';
import { registryCare } from './jobs/registry-care.ts';
import { worksOf } from './jobs/works.ts';
import type { Workshop } from './jobs/workshop.ts';
import { openKeyrings } from './keyrings.ts';
import { openTelling } from './telling.ts';

/** A real registry and real keys in a directory of the test's own, and an api that only takes notes. */
export async function openTestWorkshop() {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-publisher-'));
  const instance = exampleInstance();
  let now = Date.UTC(2026, 0, 1);
  const clock = () => now;
  const config: Workshop['config'] = {
    instances: [instance],
    api: { publicUrl: 'http://farm.example' } as Workshop['config']['api'],
  };
  const keyrings = await openKeyrings({
    ...{ directory: join(directory, 'keyrings'), spool: join(directory, 'spool'), clock },
    algorithm: 'ed25519',
  });
  const registry = openRegistry({
    ...{ tree: join(directory, 'tree'), database: join(directory, 'registry.db'), clock, spacingMs: 0 },
    // asked anew each time: tests put others in its place
    signerFor: (...asked) => workshop.keyrings.signerFor(...asked),
  });
  const told: PublicationPart[] = [];
  const known = new Map<string, number>();
  const telling = openTelling({
    registry,
    instances: () => contentsOf(workshop),
    signal: new AbortController().signal,
    log: createLogger({ name: 'publisher', level: 'silent' }),
    api: {
      sync: async ({ repositories }) => ({
        repositories: repositories.map((one) => ({ ...one, known: known.get(one.distribution) ?? 0 })),
      }),
      async tellPublication(part) {
        told.push(part);
        if (part.files) known.set(part.distribution, part.revision);
        return { known: known.get(part.distribution) ?? 0 };
      },
    },
  });
  const session: ReadingSession = {
    readPackage: (file) => readBytes(file, readPackage),
    readRpm: (file) => readBytes(file, readRpm),
    readList: () => Promise.reject(new Error('imports have tests of their own')),
    async [Symbol.asyncDispose]() {},
  };
  const readers = { session: () => session };
  const workshop: Workshop = {
    ...{ config, registry, keyrings, telling },
    care: registryCare({ registry, readers, importRoots: [], clock }),
    blobPath: (sha256) => blobPath(join(directory, 'blobs'), sha256),
    readers,
  };

  async function store(files: { name: string; content: Uint8Array }[]): Promise<FileRef[]> {
    return Promise.all(
      files.map(async ({ name, content }) => {
        const sha256 = createHash('sha256').update(content).digest('hex');
        await mkdir(dirname(workshop.blobPath(sha256)), { recursive: true });
        await writeFile(workshop.blobPath(sha256), content);
        return { name, size: content.length, sha256 };
      }),
    );
  }

  return {
    directory,
    instance,
    workshop,
    session,
    told,
    wait: (ms: number) => void (now += ms),
    dists: join(directory, 'tree/default/deb/dists/bookworm'),
    /** Names and versions in a repository, as it is now. */
    published: (distribution = 'bookworm', format: Format = 'deb') =>
      registry
        .list({ instance: 'default', format, distribution })
        .map(({ derivative, name, version, architecture }) => `${derivative} ${name} ${version} ${architecture}`),
    /** Puts files into the blob store, as a build leaves them. */
    store,
    /** Starts an attempt; `hooks` stand for what the api answers. */
    start: (order: PublisherOrder, hooks: Partial<AttemptApi> = {}, task = newId()) =>
      start(worksOf(workshop), order, hooks, task),
    keyringOrder: (operation: KeyringOrder['operation'] = 'create'): KeyringOrder => ({
      kind: 'keyring',
      operation,
      instance: 'default',
      userId: instance.gpg,
      validityDays: 30,
      overlapDays: 0,
      repositories: instance.distributions.map((one) => repositoryTarget(instance, one)),
    }),
    publishOrder: (files: FileRef[], derivative = 'main', format: 'deb' | 'rpm' = 'deb'): PublishOrder => ({
      kind: 'publish',
      instance: 'default',
      repository: repositoryTarget(instance, { format, name: format === 'deb' ? 'bookworm' : 'el9' }),
      derivative,
      files,
    }),
    async close() {
      registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type TestWorkshop = Awaited<ReturnType<typeof openTestWorkshop>>;

/** As the publisher's own readers do, but here. */
async function readBytes<T>(
  { path, name }: { path: string; name: string },
  read: (bytes: Bytes, name: string) => Promise<T>,
): Promise<T> {
  await using file = await open(path);
  return await read(bytesOf(file.fd, (await file.stat()).size), name);
}

/** What the api was told of an attempt. */
export interface Notes {
  running: RunningAttempt;
  events: string[];
  log: string;
  result: ResultRequest | undefined;
  closed: 'close' | 'handback' | undefined;
  commits: number;
}

function start(works: Works, order: PublisherOrder, hooks: Partial<AttemptApi>, task: string): Notes {
  const id = newId();
  const notes: Omit<Notes, 'running'> = { events: [], log: '', result: undefined, closed: undefined, commits: 0 };
  const unused = () => Promise.reject(new Error('not for the publisher'));
  const api: AttemptApi = {
    id,
    heartbeat: async () => {},
    event: async ({ phase, event }: PhaseEvent) => void notes.events.push(`${event} ${phase}`),
    async appendLog(offset, chunk) {
      if (offset === notes.log.length) notes.log += chunk.toString();
      return notes.log.length;
    },
    result: async (result) => void (notes.result = result),
    commit: async () => void (notes.commits += 1),
    close: async () => void (notes.closed = 'close'),
    handback: async () => void (notes.closed = 'handback'),
    terminal: { url: 'ws://unused', headers: {} },
    ...{ trees: unused, version: unused, fetchBlob: unused, putFile: unused, fetchOrigin: unused },
    ...hooks,
  };
  const claim = { attempt: id, job: newId(), task, fence: 1, leaseMs: 1000, order };
  const log = createLogger({ name: 'publisher', level: 'silent' });
  const running = startAttempt(claim, order, 5, { api: { attempt: () => api }, works, log });
  return Object.assign(notes, { running });
}

/** What the api answers when the task was cancelled. */
export const staleFence = () => Promise.reject(new ProblemError('stale-fence', 'it was cancelled'));

function exampleInstance(): Instance {
  const distribution = {
    ...{ env: 'bookworm', tag: 'deb12', format: 'deb' as const, suite: 'bookworm', mirror: undefined },
    ...{ components: ['main'], suites: [], security: undefined, keyring: undefined, builder: 'pbuilder' as const },
  };
  return {
    id: 'default',
    name: 'Example',
    gpg: { name: 'Example', email: 'example@example.org' },
    architectures: ['amd64'],
    distributions: [
      { ...distribution, name: 'bookworm' },
      {
        ...{ format: 'rpm', name: 'el9', env: 'el9', tag: 'el9', builder: undefined, mock: undefined },
        ...{ repositories: [], releasever: undefined, dbpath: '/var/lib/rpm', modules: [] },
      },
    ],
    derivatives: [{ name: 'extra', formats: ['deb', 'rpm'], extends: 'main' }],
    allowPrivateSources: false,
  };
}
