import type { Distribution, HeldTree, Instance } from '@fatbuildr/domain';
import { whyPaused } from './availability.ts';
import { type Host, hostsOf } from './capabilities.ts';
import type { Context } from './context.ts';
import type { Requester, Submissions } from './services.ts';
import { isOnline } from './timing.ts';

/** Who asks for what the schedule brings about. */
const SCHEDULE: Requester = { name: 'schedule' };
/** An environment whose update was just asked for is left alone, whatever became of it: mirrors have bad days. */
const TRY_AGAIN_MS = 6 * 3_600_000;

/**
 * Has environments that are older than `environments.refreshAfter` brought up to date, an instance at a time one task per
 * environment. Returns what is called now and then; nothing happens while something is done to environments of that
 * instance already.
 */
export function createEnvironmentRefresh(
  context: Context,
  submissions: Pick<Submissions, 'environments'>,
): () => Promise<void> {
  const { config, clock, database, log } = context;
  const tried = new Map<string, number>();
  return async () => {
    const { refreshAfter } = config.environments;
    if (refreshAfter === undefined) return;
    const now = clock();
    const hosts = hostsOf(await database.stores.workers.list());
    const present = hosts.filter((host) => isOnline(host.row, now) && whyPaused(host) === undefined);
    for (const instance of config.instances) {
      const active = await database.stores.tasks.active(instance.id, ['env-create', 'env-update']);
      if (active.length > 0) continue;
      for (const distribution of staleDistributions(instance, present, now - refreshAfter)) {
        const key = `${instance.id}/${distribution.format}/${distribution.env}`;
        if (now - (tried.get(key) ?? -Infinity) < TRY_AGAIN_MS) continue;
        tried.set(key, now);
        const request = { formats: [distribution.format], distributions: [distribution.name], force: false };
        try {
          const task = await submissions.environments(instance.id, { operation: 'update', ...request }, SCHEDULE);
          log.info({ task: task.id, environment: key }, 'an old environment is brought up to date');
        } catch (err) {
          // a host without the tool image for example: others are not to grow old for it
          log.warn({ err, environment: key }, 'an old environment cannot be brought up to date');
        }
      }
    }
  };
}

/** One distribution for each environment that some host holds in a generation from before `oldest`. */
function staleDistributions({ id, distributions }: Instance, hosts: readonly Host[], oldest: number): Distribution[] {
  const stale = hosts
    .flatMap(({ report }) => report.trees)
    .filter((tree) => tree.kind === 'environment' && tree.instance === id && tree.created < oldest);
  const isOf = ({ format, env }: Distribution, tree: HeldTree) => tree.format === format && tree.environment === env;
  const found = distributions.filter((one) => stale.some((tree) => isOf(one, tree)));
  return found.filter((one) => found.find(({ format, env }) => format === one.format && env === one.env) === one);
}
