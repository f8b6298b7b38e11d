import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobPath } from '@fatbuildr/blobs';
import type { AttemptApi } from '@fatbuildr/client/worker';
import {
  type FileRef,
  type Instance,
  type KeyringOrder,
  newId,
  type PhaseEvent,
  ProblemError,
  type PublisherOrder,
  type PublishOrder,
  type ResultRequest,
  repositoryTarget,
} from '@fatbuildr/domain';
import { openAptRegistry, readPackage } from '@fatbuildr/registry';
import { createLogger } from '@fatbuildr/service';
import type { Works } from './attempt/job.ts';
import { type RunningAttempt, startAttempt } from './attempt/run-attempt.ts';
import { changeKeyring } from './jobs/keyring.ts';
import { publish } from './jobs/publish.ts';
import { deletePackages } from './jobs/registry-delete.ts';
import type { Workshop } from './jobs/workshop.ts';
import { openKeyrings } from './keyrings.ts';

/** A real registry and real keys in a directory of the test's own, and an api that only takes notes. */
export async function openTestWorkshop() {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-publisher-'));
  const instance = exampleInstance();
  let now = Date.UTC(2026, 0, 1);
  const clock = () => now;
  const registry = openAptRegistry({ tree: join(directory, 'tree'), database: join(directory, 'registry.db'), clock });
  const keyringOptions = { directory: join(directory, 'keyrings'), records: join(directory, 'records'), clock };
  const workshop: Workshop = {
    config: { instances: [instance], api: { publicUrl: 'http://farm.example' } as Workshop['config']['api'] },
    registry,
    keyrings: await openKeyrings({ ...keyringOptions, algorithm: 'ed25519' }),
    blobPath: (sha256) => blobPath(join(directory, 'blobs'), sha256),
    async read({ path, name }) {
      await using file = await open(path);
      return await readPackage(file.fd, (await file.stat()).size, name);
    },
  };
  const works = (): Works => ({
    publish: publish(workshop),
    'registry-delete': deletePackages(workshop),
    keyring: changeKeyring(workshop),
  });

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
    wait: (ms: number) => void (now += ms),
    dists: join(directory, 'tree/default/deb/dists/bookworm'),
    /** Puts files into the blob store, as a build leaves them. */
    store,
    /** Starts an attempt; `hooks` stand for what the api answers. */
    start: (order: PublisherOrder, hooks: Partial<AttemptApi> = {}, task = newId()) =>
      start(works(), order, hooks, task),
    keyringOrder: (operation: KeyringOrder['operation'] = 'create'): KeyringOrder => ({
      kind: 'keyring',
      operation,
      instance: 'default',
      userId: instance.gpg,
      validityDays: 30,
      repositories: instance.distributions.map((one) => repositoryTarget(instance, one)),
    }),
    publishOrder: (files: FileRef[], derivative = 'main'): PublishOrder => ({
      kind: 'publish',
      instance: 'default',
      repository: repositoryTarget(instance, { format: 'deb', name: 'bookworm' }),
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
    ...{ trees: unused, version: unused, fetchBlob: unused, putFile: unused },
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
    distributions: [{ ...distribution, name: 'bookworm' }],
    derivatives: [{ name: 'extra', formats: ['deb'], extends: 'main' }],
    allowPrivateSources: false,
  };
}
