import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openBlobs } from '@fatbuildr/blobs';
import type { Config } from '@fatbuildr/config';
import { openDatabase } from '@fatbuildr/database';
import {
  BuildRequest,
  type ClaimResponse,
  type FileRef,
  type HeldTree,
  type HostReport,
  type KeyringInfo,
  OPEN_POLICY,
  type PublicationPart,
  type PublicationResult,
  type RegistryPackage,
  type ResultRequest,
  type Task,
} from '@fatbuildr/domain';
import type { Tickets } from '@fatbuildr/queue';
import { createLogger } from '@fatbuildr/service';
import { openLogFiles } from '../logs/open-log-files.ts';
import type { Context } from './context.ts';
import { createServices } from './control.ts';
import { createEvents } from './events.ts';
import type { AttemptCall, WorkerIdentity } from './services.ts';

/* A control plane for tests: a database in memory, a clock that stands still, tickets without Redis. */

export const local = { name: 'local' };
const packager = { name: 'Pat Packager', email: 'pat@example.org' };
const T0 = 1_750_000_000_000;

function testConfig(): Config {
  const unset = { builder: undefined, mock: undefined, releasever: undefined };
  const deb = { format: 'deb' as const, mirror: undefined, components: ['main'], suites: [], security: undefined };
  const bookworm = { ...deb, name: 'bookworm', env: 'bookworm', tag: 'deb12', suite: 'bookworm' };
  const base = { id: 'base', baseurl: 'http://mirror.example/9' };
  const rpm = { format: 'rpm' as const, dbpath: '/var/lib/rpm', repositories: [base], modules: [], ...unset };
  return {
    file: '/etc/fatbuildr/fatbuildr.yml',
    paths: { state: '/nowhere', cache: '/nowhere', run: '/nowhere', registry: '/nowhere' },
    api: {
      listen: { host: '127.0.0.1', port: 0 },
      socket: '/nowhere',
      internalSocket: '/nowhere',
      publicUrl: 'http://farm',
      uploadLimit: 1000,
      trustedProxies: [],
      rates: { requestsPerMinute: undefined, submissionsPerHour: undefined },
    },
    redis: { url: undefined, socket: '/nowhere' },
    worker: {
      name: 'one',
      api: 'http://farm',
      slots: 1,
      pool: 'default',
      secretFile: '/nowhere',
      instances: undefined,
      warm: { enabled: true, maxBytes: 1 },
      ccache: { maxBytes: 1, artifactBytes: 1 },
    },
    containers: { driver: 'fake' },
    images: {
      bootstrap: { release: 'trixie', mirror: undefined },
      deb: { distribution: 'debian', release: 'trixie', mirror: undefined, packages: [] },
      rpm: { distribution: 'fedora', release: '43', mirror: undefined, packages: [] },
      osi: { distribution: 'debian', release: 'trixie', mirror: undefined, packages: [] },
    },
    environments: { refreshAfter: undefined },
    commands: {},
    limits: {
      wall: 6 * 3_600_000,
      silence: 3_600_000,
      shell: 3_600_000,
      shellSilence: 900_000,
      total: 24 * 3_600_000,
      logBytes: 1000,
      sourceBytes: 1000,
      resultBytes: 1000,
      memoryBytes: undefined,
      processes: undefined,
      diskBytes: undefined,
      runningPerSubmitter: undefined,
    },
    policy: OPEN_POLICY,
    imports: { roots: [] },
    retention: { uploads: 24 * 3_600_000, registry: 3 * 24 * 3_600_000, publications: 10 },
    metrics: { open: false },
    log: { level: 'info', format: 'json' },
    instances: [
      {
        id: 'default',
        name: 'Default',
        gpg: { name: 'Farm', email: 'farm@example.org' },
        architectures: ['amd64', 'arm64'],
        distributions: [
          { ...bookworm, keyring: undefined, builder: 'pbuilder' },
          { ...rpm, name: 'el9', env: 'el9', tag: 'el9' },
        ],
        derivatives: [{ name: 'backports', formats: ['deb'], extends: 'main' }],
        allowPrivateSources: false,
      },
    ],
  };
}

export interface MemoryTickets extends Omit<Tickets, 'queue'> {
  queues: Map<string, string[]>;
  /** The next ticket of a queue, as a puller takes it. */
  draw(capability: string): string | undefined;
}

function memoryTickets(): MemoryTickets {
  const queues = new Map<string, string[]>();
  const queue = (name: string) => queues.get(name) ?? queues.set(name, []).get(name) ?? [];
  const issue = async (name: string, ...jobs: readonly string[]) => {
    queue(name).push(...jobs.filter((job) => !queue(name).includes(job)));
  };
  return {
    queues,
    issue,
    reissue: issue,
    draw: (name) => queue(name).shift(),
    waiting: async (name) => [...queue(name)],
    ping: async () => true,
    onConnected: () => {},
    close: async () => {},
  };
}

const nothing = async () => {};

export type TestControl = Awaited<ReturnType<typeof testControl>>;

export async function testControl() {
  const directory = mkdtempSync(join(tmpdir(), 'fatbuildr-control-'));
  const time = { now: T0 };
  const database = openDatabase(':memory:');
  const tickets = memoryTickets();
  const isClosed = async (attempt: string) => (await database.stores.attempts.get(attempt))?.logClosed === 1;
  const context: Context = {
    database,
    tickets,
    redisUsers: { grant: nothing, revoke: nothing, replace: nothing, onConnected: () => {} },
    blobs: await openBlobs(join(directory, 'blobs')),
    config: testConfig(),
    clock: () => time.now,
    log: createLogger({ name: 'test', level: 'silent' }),
    logs: openLogFiles({ directory: join(directory, 'logs'), isClosed }),
    events: createEvents(),
    freeSpace: async () => 1,
  };
  const services = createServices(context);
  const publisher = await services.workers.publisher();

  let revision = 0;

  /** A worker that has registered, with image and environment unless told otherwise. */
  async function worker(name: string, report: Partial<HostReport> = {}): Promise<WorkerIdentity> {
    const { secret } = await services.workers.ensureLocal({ name, pool: 'default' });
    const identity = secret
      ? await services.workers.authenticate(secret)
      : { id: (await database.stores.workers.named(name))?.id ?? '', name, pool: 'default', publisher: false };
    await services.workers.register(identity, { ...hostReport(name), ...report, liveAttempts: [] });
    return identity;
  }

  return {
    context,
    database,
    tickets,
    publisher,
    worker,
    ...services,
    /** The publisher tells of its next publication. */
    async tell(added: RegistryPackage[], options: Partial<PublicationPart> = {}): Promise<number> {
      revision += 1;
      return (await services.registry.takePart(partOf(revision, added, options))).known;
    },
    advance(ms: number) {
      time.now += ms;
    },
    /** Farm as a packager finds it: a keyring, the publisher and one worker that has everything. */
    async ready(): Promise<WorkerIdentity> {
      await database.stores.registry.setKeyring('default', JSON.stringify(keyring));
      await services.workers.register(publisher, { ...hostReport('publisher'), slots: 16, liveAttempts: [] });
      return worker('one');
    },
    async upload(content = 'source'): Promise<FileRef> {
      const upload = await services.uploads.create({ length: content.length }, local);
      const { sha256 } = await services.uploads.append(upload.id, 0, Readable.from([Buffer.from(content)]));
      return { name: 'hello.tar', sha256: sha256 ?? '', size: content.length };
    },
    async build(request: Partial<BuildRequest> = {}): Promise<Task> {
      return services.submissions.build('default', await this.request(request), local);
    },
    async request(request: Partial<BuildRequest> = {}) {
      return BuildRequest.parse({
        distribution: 'bookworm',
        artifact: 'hello',
        source: { kind: 'definition', archive: await this.upload() },
        submitter: packager,
        message: 'First build',
        ...request,
      });
    },
    /** Claims the only queued job of a task. */
    async claim(task: string, by: WorkerIdentity): Promise<AttemptCall & ClaimResponse> {
      const jobs = await database.stores.jobs.ofTask(task);
      const queued = jobs.find((job) => job.state === 'queued');
      const claimed = await services.attempts.claim(by, queued?.id ?? 'none');
      return { ...claimed, worker: by };
    },
    /** Hands in the files of a good build and returns the result to send. */
    async built(call: AttemptCall, version: string, name = 'hello'): Promise<ResultRequest> {
      const names = [`${name}_${version}.dsc`, `${name}_${version}_amd64.deb`, `${name}_${version}_amd64.changes`];
      const files: FileRef[] = [];
      for (const file of names) {
        const content = `${file} of ${call.attempt}`;
        files.push(
          await services.attempts.storeFile(call, file, sha256Of(content), Readable.from([Buffer.from(content)])),
        );
      }
      return { outcome: 'success', cause: null, build: { source: { name, version }, files }, publication: null };
    },
    async state(task: string): Promise<string> {
      const found = await services.tasks.get(task);
      return found.outcome ?? found.state;
    },
    async close() {
      await database.close();
      rmSync(directory, { recursive: true });
    },
  };
}

export function sha256Of(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

export function hostReport(name: string): HostReport {
  return {
    name,
    version: '3.0.0',
    driver: 'fake',
    architectures: ['amd64'],
    slots: 1,
    trees: [image, environment],
    disk: null,
    warnings: [],
  };
}

const tree = { generation: '1', created: T0, bytes: null, architecture: 'amd64', format: 'deb' as const };
export const image: HeldTree = { ...tree, kind: 'image', name: 'deb', instance: null, environment: null };
const environment: HeldTree = {
  ...tree,
  kind: 'environment',
  name: 'default/deb/bookworm-amd64',
  instance: 'default',
  environment: 'bookworm',
};

export const keyring: KeyringInfo = {
  userId: 'Farm <farm@example.org>',
  fingerprint: 'ABCD',
  algorithm: 'rsa4096',
  created: T0,
  expires: null,
  subkeys: [],
  publicKey: 'public key',
  rotation: null,
  retired: [],
};

export function packageOf(source: string, version: string, derivative = 'main'): RegistryPackage {
  return {
    format: 'deb',
    distribution: 'bookworm',
    derivative,
    name: source,
    version,
    architecture: 'amd64',
    source: { name: source, version },
    path: `pool/${source}`,
    size: 1,
    sha256: '0'.repeat(64),
    summary: '',
    relations: {},
    published: T0,
    task: null,
  };
}

/** A whole publication in one part, which follows on the revision before it. */
export function partOf(
  revision: number,
  added: RegistryPackage[],
  options: Partial<PublicationPart> = {},
): PublicationPart {
  return {
    ...{ instance: 'default', format: 'deb', distribution: 'bookworm', lineage: 'first', oldest: 1 },
    ...{ revision, previous: revision > 1 ? revision - 1 : null, created: T0, first: true, tasks: [] },
    ...{ added, removed: [], files: [] },
    ...options,
  };
}

export function published(result: Partial<PublicationResult> = {}): ResultRequest {
  const publication = { publications: [], keyring: null, preview: null, ...result };
  return { outcome: 'success', cause: null, build: null, publication };
}

export function failed(outcome: ResultRequest['outcome'], message = 'because'): ResultRequest {
  return { outcome, cause: { message }, build: null, publication: null };
}
