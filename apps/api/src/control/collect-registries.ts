import type { RepositoryRow } from '@fatbuildr/database';
import type { Context } from './context.ts';
import type { Requester, Submissions } from './services.ts';

/** Who asks for what the schedule brings about. */
const SCHEDULE: Requester = { name: 'schedule' };
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;

/**
 * Has the repositories of each instance collected once a day, as long as they keep publications that are old enough and
 * more than enough; and once a week in any case, for what no publication tells of: files that an import left, or a change
 * that was refused. Called now and then.
 */
export async function collectRegistries(context: Context, submissions: Pick<Submissions, 'collect'>): Promise<void> {
  const { config, clock, log, database } = context;
  const { tasks, registry } = database.stores;
  for (const { id } of config.instances) {
    if ((await registry.keyring(id)) === undefined) continue;
    const last = await tasks.latest(id, 'registry-gc');
    if (last && last.created > clock() - DAY_MS) continue;
    const repositories = await registry.repositoriesOf(id);
    const due = await Promise.all(repositories.map((repository) => isDue(context, repository, last?.created)));
    if (!due.includes(true)) continue;
    const task = await submissions.collect(id, { dryRun: false }, SCHEDULE);
    log.info({ task: task.id, instance: id }, 'old publications are collected');
  }
}

/** @param last when the instance was collected last */
async function isDue({ config, clock, database }: Context, repository: RepositoryRow, last?: number): Promise<boolean> {
  const { registry: grace, publications: kept } = config.retention;
  const oldest = await database.stores.registry.publication(repository, repository.oldest);
  if (oldest === undefined) return false;
  if ((last ?? oldest.created) <= clock() - WEEK_MS) return true;
  return repository.revision - repository.oldest >= kept && oldest.created < clock() - grace;
}
