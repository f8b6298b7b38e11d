import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BuildDebOrder,
  type BuildRpmOrder,
  buildFormat,
  Failure,
  type FileRef,
  handsInSource,
  parseRpmFileName,
} from '@fatbuildr/domain';
import { environmentId, imageId, type TreeId } from '../trees/tree-id.ts';
import type { TreeStore } from '../trees/tree-store.ts';
import { type FakePackages, fakePackages } from './fake-packages.ts';
import { definitionVersion, dscVersion, fakeFetch } from './fake-source.ts';
import type { Job, Works } from './job.ts';

export interface FakeOptions {
  trees: TreeStore;
  architecture: string;
  changed: () => Promise<void>;
  /** How long (ms) a build called `slow…` takes. */
  slowMs?: number;
  /** Makes RPM packages, which is more than this can do by itself; without it there are none. */
  rpms?: FakePackages | undefined;
}

/**
 * The work of a host that builds nothing, for tests of everything around: no container and no root. Trees are empty
 * directories, packages are small and real. How a build ends follows from the artifact's name: `fail…`, `deps…`, `reject…`
 * and `infra…` end so, `hang…` never ends by itself, `slow…` takes a while, `loud…` prints a quarter of a megabyte and
 * packs it, all others succeed. Of several jobs those that make packages do so; of `hang-on-amd64-fail-on-arm64`
 * each in its own way. What is fetched is a definition with nothing in it.
 */
export function fakeWorks(options: FakeOptions): Works {
  const { trees, architecture, rpms = noRpms } = options;
  return {
    'build-deb': (job) => build(job, options, fakePackages),
    'build-rpm': (job) => build(job, options, rpms),
    'build-osi': () => Promise.reject(new Failure('rejected', 'The fake driver makes no OS images.')),
    fetch: (job) => job.phase('sources', () => fakeFetch(job)),
    async image(job) {
      await makeTree(job, options, imageId(job.order.format, architecture));
      return { build: null };
    },
    async exec(job) {
      await job.phase('exec', async () => job.log.line(`ran ${job.order.command.join(' ')}, or so it seems`));
      return { build: null };
    },
    async shell(job) {
      await job.phase('shell', async () => job.log.line('a shell, or so it seems'));
      return { build: null };
    },
    async environment(job) {
      await trees
        .use(imageId(job.order.recipe.format, architecture), 'fatbuildrctl images create')
        .then((image) => image.release());
      await makeTree(job, options, environmentId(job.order.recipe));
      return { build: null };
    },
  };
}

const noRpms: FakePackages = async () => {
  throw new Failure('rejected', 'This fake driver was given nothing that makes RPM packages.');
};

async function makeTree(
  {
    order,
    log,
    phase,
  }: Pick<Job, 'log' | 'phase'> & { order: { operation: 'create' | 'update' | 'import'; force: boolean } },
  { trees, changed }: FakeOptions,
  id: TreeId,
): Promise<void> {
  if (order.operation === 'create' && !order.force && (await trees.current(id))) {
    log.line(`${id.name} exists already. Use --force to make a new one.`);
    return;
  }
  await phase(order.operation, async () => {
    const tree = await trees.begin(id);
    await tree.publish();
  });
  await changed();
}

type PackageOrder = BuildDebOrder | BuildRpmOrder;

async function build(job: Job<PackageOrder>, options: FakeOptions, packages: FakePackages) {
  const { order, api, workspace } = job;
  const format = buildFormat(order);
  const image = await options.trees.use(
    imageId(format, options.architecture),
    `fatbuildrctl images create -f ${format}`,
  );
  const environment = await options.trees.use(
    environmentId(order.recipe),
    `fatbuildrctl images env-create -f ${format}`,
  );
  job.defer(async () => {
    await image.release();
    await environment.release();
  });
  await api.trees({ image: image.held.generation, environment: environment.held.generation });

  const source = await job.phase('sources', () => sourceOf(job));
  const role = roleOf(job, source.name);
  await job.phase('dependencies', async () => {
    if (role.startsWith('deps')) {
      throw new Failure('dependency-failure', 'Build dependencies are not met: libnowhere-dev (not installable)');
    }
  });
  const noise = source.name.startsWith('loud') ? noiseOf(source.name) : '';
  await job.phase('build', async () => {
    await actOut(job, role, options.slowMs ?? 2000);
    job.log.output(Buffer.from(noise));
  });
  const made = await packages(
    {
      source: source.name,
      version: source.version,
      distribution: order.target.distribution,
      architecture: order.architecture,
      maintainer: `${order.submitter.name} <${order.submitter.email}>`,
      timestamp: order.submitted,
      text: `${source.name} ${source.version}\n${noise}`,
    },
    handsInSource(order),
  );
  const files = made.filter(({ name }) => isOrdered(name, order));
  const stored = await job.phase('collect', async () => {
    const refs: FileRef[] = [];
    for (const { name, content } of files) {
      const ref = { name, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
      await writeFile(join(workspace, name), content);
      await api.putFile(ref, join(workspace, name));
      refs.push(ref);
    }
    return refs;
  });
  return {
    build: { source: { name: source.name, version: source.version }, files: stored },
    after: () => job.phase('check', async () => job.log.line('nothing is checked: the driver is fake')),
  };
}

/** Name and full version of what is built. */
async function sourceOf({ order, api, workspace }: Job<PackageOrder>): Promise<{ name: string; version: string }> {
  const path = join(workspace, 'source');
  if (order.source.kind === 'dsc') {
    await api.fetchBlob(order.source.dsc, path);
    return dscVersion(path);
  }
  if (order.source.kind === 'srpm') {
    const named = parseRpmFileName(order.source.srpm.name);
    if (named) return { name: named.name, version: `${named.version}-${named.release}` };
    throw new Failure('rejected', `${order.source.srpm.name} is no name of an RPM package.`);
  }
  await api.fetchBlob(order.source.archive, path);
  const { version, release } = await definitionVersion(path, buildFormat(order));
  const name = order.artifact ?? 'unnamed';
  const reserved = await api.version({ name, main: version, release });
  return { name, version: reserved.full };
}

/** The name that says how a job ends, as far as that is this job's part. */
function roleOf({ order }: Job<PackageOrder>, name: string): string {
  if (order.part === 'source') return 'plain';
  const roles = [...name.matchAll(/([a-z]+)-on-([a-z0-9]+)/g)];
  if (roles.length === 0) return name;
  return roles.find(([, , architecture]) => architecture === order.architecture)?.[1] ?? 'plain';
}

/** Of all that a build makes, what this job hands in. */
function isOrdered(name: string, { part, primary }: PackageOrder): boolean {
  if (/\.(dsc|tar\.gz|src\.rpm)$/.test(name)) return true;
  return part !== 'source' && (primary || !name.endsWith('.noarch.rpm'));
}

async function actOut({ log, signal }: Job, name: string, slowMs: number): Promise<void> {
  log.output(Buffer.from(`building ${name}, or so it seems\n`));
  if (name.startsWith('reject')) throw new Failure('rejected', 'The definition is wrong.', { where: 'artifact.yml:1' });
  if (name.startsWith('infra')) throw new Failure('infrastructure-failure', 'The host broke.');
  if (name.startsWith('fail')) throw new Failure('build-failure', 'The package failed to build: hello.c:1: error: no');
  const waits = name.startsWith('hang') ? 2 ** 31 - 1 : name.startsWith('slow') ? slowMs : 0;
  await sleep(waits, undefined, { signal });
}

/** The same for the same name, and no compression makes much less of it. */
function noiseOf(name: string): string {
  let line = name;
  const next = () => {
    line = createHash('sha256').update(line).digest('hex');
    return `${line}\n`;
  };
  return Array.from({ length: 4096 }, next).join('');
}
