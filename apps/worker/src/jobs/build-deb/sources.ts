import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DefinitionPlan, type Plan, type PlannedSource, readInspectResult } from '@fatbuildr/definition';
import type { BuildDebOrder } from '@fatbuildr/domain';
import { type BuildSource, Failure } from '@fatbuildr/domain';
import { plainDirectory } from '../../files/untrusted.ts';
import { fetchSource } from '../../sources/fetch-source.ts';
import type { DebBuild, ReadySource } from './deb-build.ts';
import { PREPARE_ROOT, runPrepare } from './prepare.ts';

/** What was inspected: a source package that is ready, or a definition that still needs its sources. */
type Inspected = (ReadySource & { kind: 'dsc' }) | DefinitionPlan;

/** A definition whose sources are on this host. */
export interface FetchedDefinition {
  kind: 'definition';
  plan: DefinitionPlan;
  /** By the plan's ids, paths on this host. */
  sources: { id: string; path: string; filename: string }[];
}

const DEFINITION = 'definition';
const ARCHIVE = 'definition.tar';
const DSC_DIRECTORY = 'dsc';

/** Brings what the user sent to this host and has `prepare` look at it. */
export async function inspect(build: DebBuild): Promise<Inspected> {
  const { source } = build.job.order;
  const plan = source.kind === 'dsc' ? await inspectDsc(build, source) : await inspectDefinition(build, source);
  for (const warning of plan.warnings) build.job.log.line(`warning: ${warning}`);
  if (plan.kind === 'definition') return plan;
  const { name, version, dsc, files } = plan;
  const directory = await plainDirectory(join(build.directory.prepare, DSC_DIRECTORY));
  return { kind: 'dsc', name, version, dsc, files, directory };
}

/** Fetches the upstream archives of a definition, all at once; those that the submitter brought come from the api. */
export async function fetchSources(build: DebBuild, plan: DefinitionPlan): Promise<FetchedDefinition> {
  const sources = await Promise.all(
    plan.sources.map(async (planned) => ({
      id: planned.id,
      filename: planned.filename,
      path: await fetchOne(build, planned),
    })),
  );
  return { kind: 'definition', plan, sources };
}

async function fetchOne(build: DebBuild, planned: PlannedSource): Promise<string> {
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

async function inspectDefinition(build: DebBuild, source: Extract<BuildSource, { kind: 'definition' }>): Promise<Plan> {
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

async function inspectDsc(build: DebBuild, source: Extract<BuildSource, { kind: 'dsc' }>): Promise<Plan> {
  const directory = join(build.directory.prepare, DSC_DIRECTORY);
  await mkdir(directory);
  for (const file of [source.dsc, ...source.files]) await build.job.api.fetchBlob(file, join(directory, file.name));
  const { artifact } = build.job.order;
  const text = await runPrepare(build, {
    command: 'inspect',
    ...target(build.job.order, artifact ?? source.dsc.name.split('_')[0] ?? null),
    input: { kind: 'dsc', directory: `${PREPARE_ROOT}/${DSC_DIRECTORY}`, dsc: source.dsc.name },
  });
  return readInspectResult(text);
}

/** What is built, for whom, in the words of `prepare`. */
export function target(order: BuildDebOrder, artifact: string | null) {
  if (artifact === null)
    throw new Failure('rejected', 'The build names no artifact.', { hint: 'Name it: -a ARTIFACT' });
  return { artifact, format: 'deb' as const, distribution: order.target.distribution, derivative: order.derivative };
}

/** Where `inspect` opened the definition, in the container. */
export const DEFINITION_PATH = `${PREPARE_ROOT}/${DEFINITION}`;
