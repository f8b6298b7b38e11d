import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DefinitionPlan, type Plan, type PlannedSource, readInspectResult } from '@fatbuildr/definition';
import { type BuildSource, Failure, parseRpmFileName } from '@fatbuildr/domain';
import { plainDirectory } from '../../files/untrusted.ts';
import { fetchSource } from '../../sources/fetch-source.ts';
import type { Build, PackageOrder } from './build.ts';
import { PREPARE_ROOT, runPrepare } from './prepare.ts';

/** A definition whose sources are on this host. */
export interface FetchedDefinition {
  kind: 'definition';
  plan: DefinitionPlan;
  /** By the plan's ids, paths on this host. */
  sources: { id: string; path: string; filename: string }[];
}

/** A source package that was submitted. */
interface ReadyPackage {
  kind: 'ready';
  plan: Exclude<Plan, DefinitionPlan>;
  /** Where its files are, on this host. */
  directory: string;
}

export type Sources = FetchedDefinition | ReadyPackage;

const DEFINITION = 'definition';
const ARCHIVE = 'definition.tar';
const READY = 'ready';

/** Brings what the user sent to this host, has `prepare` look at it, and fetches what it names. */
export async function takeSources(build: Build<PackageOrder>): Promise<Sources> {
  const { source } = build.job.order;
  const plan =
    source.kind === 'definition' ? await inspectDefinition(build, source) : await inspectReady(build, source);
  for (const warning of plan.warnings) build.job.log.line(`warning: ${warning}`);
  if (plan.kind === 'definition') return fetchSources(build, plan);
  checkName(build.job.order, plan);
  return { kind: 'ready', plan, directory: await plainDirectory(join(build.directory.prepare, READY)) };
}

/** A source package names itself; what the submitter called it must be the same. @throws Failure `rejected` */
export function checkName({ artifact }: Pick<PackageOrder, 'artifact'>, { name }: Pick<Plan, 'name'>): void {
  if (artifact === null || artifact === name) return;
  throw new Failure('rejected', `The source package is of ${name}, submitted was ${artifact}.`, {
    hint: 'Leave the name out (-a): a source package says itself what it is of.',
  });
}

/** What a plan of another format is: the api lets none through, so it was made up on the way. */
export function foreignSource(format: string): Failure {
  return new Failure('infrastructure-failure', `prepare found no source of format ${format} where one was submitted.`);
}

/** Fetches the upstream archives of a definition, all at once; those that the submitter brought come from the api. */
async function fetchSources(build: Build<PackageOrder>, plan: DefinitionPlan): Promise<FetchedDefinition> {
  const sources = await Promise.all(
    plan.sources.map(async (planned) => ({
      id: planned.id,
      filename: planned.filename,
      path: await fetchOne(build, planned),
    })),
  );
  return { kind: 'definition', plan, sources };
}

async function fetchOne(build: Build<PackageOrder>, planned: PlannedSource): Promise<string> {
  const { host, job } = build;
  const local = localFile(job.order.source, planned);
  if (local) {
    const path = join(job.workspace, `local-${planned.id.replace(/[^A-Za-z0-9]/g, '_')}-${local.sha256.slice(0, 8)}`);
    await job.api.fetchBlob(local, path);
    job.log.line(`source ${planned.id}: ${planned.filename}, given by the submitter`);
    return path;
  }
  if (planned.url === null)
    throw new Failure('rejected', `The source ${planned.id} has no URL and was not sent along.`);
  job.log.line(`source ${planned.id}: ${planned.url}`);
  const fetched = await fetchSource({
    url: planned.url,
    checksums: planned.checksums,
    filename: planned.filename,
    policy: { allowPrivate: job.order.allowPrivateSources, maxBytes: job.order.limits.sourceBytes },
    cache: host.sources,
    signal: job.signal,
  });
  job.log.line(`source ${planned.id}: ${fetched.size} bytes${fetched.fromCache ? ', from the cache' : ''}, verified`);
  return fetched.path;
}

function localFile(source: BuildSource, { id }: PlannedSource) {
  return source.kind === 'definition' ? source.sources.find((local) => local.id === id)?.file : undefined;
}

async function inspectDefinition(
  build: Build<PackageOrder>,
  source: Extract<BuildSource, { kind: 'definition' }>,
): Promise<Plan> {
  await build.job.api.fetchBlob(source.archive, join(build.directory.prepare, ARCHIVE));
  const text = await runPrepare(build, {
    command: 'inspect',
    ...target(build.job.order, build.job.order.artifact),
    input: {
      kind: 'definition',
      archive: `${PREPARE_ROOT}/${ARCHIVE}`,
      directory: `${PREPARE_ROOT}/${DEFINITION}`,
      local: source.sources.map(({ id, version, file }) => ({
        id,
        filename: file.name,
        ...(version === undefined ? {} : { version }),
      })),
    },
  });
  return readInspectResult(text);
}

async function inspectReady(
  build: Build<PackageOrder>,
  source: Exclude<BuildSource, { kind: 'definition' }>,
): Promise<Plan> {
  const { order, api } = build.job;
  const directory = join(build.directory.prepare, READY);
  await mkdir(directory);
  const files = source.kind === 'dsc' ? [source.dsc, ...source.files] : [source.srpm];
  for (const file of files) await api.fetchBlob(file, join(directory, file.name));
  const inside = { directory: `${PREPARE_ROOT}/${READY}` };
  const presumed = source.kind === 'dsc' ? source.dsc.name.split('_')[0] : parseRpmFileName(source.srpm.name)?.name;
  const text = await runPrepare(build, {
    command: 'inspect',
    ...target(order, order.artifact ?? presumed ?? 'unnamed'),
    input:
      source.kind === 'dsc'
        ? { kind: 'dsc', ...inside, dsc: source.dsc.name }
        : { kind: 'srpm', ...inside, srpm: source.srpm.name },
  });
  return readInspectResult(text);
}

/** What is built, for whom, in the words of `prepare`. */
export function target(order: PackageOrder, artifact: string | null) {
  if (artifact === null)
    throw new Failure('rejected', 'The build names no artifact.', { hint: 'Name it: -a ARTIFACT' });
  return {
    artifact,
    format: order.recipe.format,
    distribution: order.target.distribution,
    derivative: order.derivative,
  };
}

/** Where `inspect` opened the definition, in the container. */
export const DEFINITION_PATH = `${PREPARE_ROOT}/${DEFINITION}`;
