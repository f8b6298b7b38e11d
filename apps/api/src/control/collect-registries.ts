import type { RepositoryRow } from '@fatbuildr/database';
import type { Context } from './context.ts';
import type { Requester, Submissions } from './services.ts';

/** Who asks for what the schedule brings about. */
const SCHEDULE: Requester = { name: 'schedule' };
const DAY_MS = 24 * 3_600_000;

/**
 * Has the repositories of each instance collected once a day, as long as they keep publications that are old enough and
 * more than enough. Called now and then.
 */
export async function collectRegistries(context: Context, submissions: Pick<Submissions, 'collect'>): Promise<void> {
  const { config, clock, log, database } = context;
  const { tasks, registry } = database.stores;
  for (const { id } of config.instances) {
    if ((await registry.keyring(id)) === undefined) continue;
    const last = await tasks.latest(id, 'registry-gc');
    if (last && last.created > clock() - DAY_MS) continue;
    const repositories = await registry.repositoriesOf(id);
    const due = await Promise.all(repositories.map((repository) => isDue(context, repository)));
    if (!due.includes(true)) continue;
    const task = await submissions.collect(id, { dryRun: false }, SCHEDULE);
    log.info({ task: task.id, instance: id }, 'old publications are collected');
  }
}

async function isDue({ config, clock, database }: Context, repository: RepositoryRow): Promise<boolean> {
  const { registry: grace, publications: kept } = config.retention;
  if (repository.revision - repository.oldest < kept) return false;
  const oldest = await database.stores.registry.publication(repository, repository.oldest);
  return oldest !== undefined && oldest.created < clock() - grace;
}
