import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { JobRow } from '../tables.ts';

const QUEUE_COLUMNS = [
  'id',
  'task',
  'instance',
  'name',
  'capability',
  'state',
  'submitter',
  'priority',
  'created',
  'notBefore',
  'ticketed',
] as const satisfies (keyof JobRow)[];

export type JobStore = ReturnType<typeof jobStore>;

export function jobStore(sql: Statements) {
  const updateUnder = sql.run((id: string, fence: number, changes: Partial<JobRow>) =>
    kysely
      .updateTable('jobs')
      .set(changes)
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('state', '<>', 'done'),
  );
  return {
    insert: sql.run((job: JobRow) => kysely.insertInto('jobs').values(job)),
    get: sql.first((id: string) => kysely.selectFrom('jobs').selectAll().where('id', '=', id)),
    ofTask: sql.all((task: string) =>
      kysely.selectFrom('jobs').selectAll().where('task', '=', task).orderBy('created').orderBy('name').orderBy('id'),
    ),
    /** Ids of the queued and running jobs of one queue. */
    activeIn: sql.column((capability: string) =>
      kysely.selectFrom('jobs').select('id').where('state', '<>', 'done').where('capability', '=', capability),
    ),
    update: sql.run((id: string, changes: Partial<JobRow>) =>
      kysely.updateTable('jobs').set(changes).where('id', '=', id),
    ),
    /** Raises the fence if it still is `from` and the job is not over; returns whether it was. */
    async raiseFence(id: string, from: number, changes: Partial<JobRow>): Promise<boolean> {
      return (await updateUnder(id, from, { ...changes, fence: from + 1 })) === 1;
    },
    /** All jobs that are queued or running, oldest first. */
    active: sql.all(() =>
      kysely.selectFrom('jobs').selectAll().where('state', '<>', 'done').orderBy('created').orderBy('id'),
    ),
    /** Ids of the queued and running jobs that were created before `time`. */
    activeBefore: sql.column((time: number) =>
      kysely.selectFrom('jobs').select('id').where('state', '<>', 'done').where('created', '<', time),
    ),
    /** How many of an instance, or of a submitter, run on build hosts now; those in `exceptCapability` do not count. */
    countRunning: sql.value((whose: { instance: string } | { submitter: string }, exceptCapability: string) => {
      const [[column, value]] = Object.entries(whose) as [['instance' | 'submitter', string]];
      return kysely
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '<>', 'done')
        .where('state', '=', 'running')
        .where('capability', '<>', exceptCapability)
        .where(column, '=', value);
    }),
    /** How many jobs of a capability and name run now. */
    countRunningNamed: sql.value((capability: string, name: string) =>
      kysely
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '<>', 'done')
        .where('state', '=', 'running')
        .where('capability', '=', capability)
        .where('name', '=', name),
    ),
    /** How many jobs of each capability are queued and running, and when the oldest of them was created. */
    depths: sql.all(() =>
      kysely
        .selectFrom('jobs')
        .select(({ fn }) => ['capability', 'state', fn.countAll<number>().as('count'), fn.min('created').as('oldest')])
        .where('state', '<>', 'done')
        .groupBy(['capability', 'state']),
    ),
    /**
     * As {@link active}, without what queueing does not look at: orders are long, and thousands may wait. The index
     * `jobs_active` holds these columns.
     */
    queue: sql.all(() =>
      kysely.selectFrom('jobs').select(QUEUE_COLUMNS).where('state', '<>', 'done').orderBy('created').orderBy('id'),
    ),
    /**
     * Of {@link queue} what a dispatch needs: all that run or have a ticket, and of those that may be tried at `now` the
     * first `depth` of every submitter, by priority and age, in each capability and instance. In no order.
     */
    heads: sql.all((depth: number, now: number) => {
      const placed = kysely
        .selectFrom('jobs')
        .select(QUEUE_COLUMNS)
        .select(({ fn }) =>
          fn
            .agg<number>('row_number')
            .over((window) =>
              window
                .partitionBy(['capability', 'instance', 'submitter', 'state'])
                .orderBy('priority', 'desc')
                .orderBy('created')
                .orderBy('id'),
            )
            .as('place'),
        )
        .where('state', '<>', 'done')
        .where((eb) =>
          eb.or([eb('notBefore', '<=', now), eb('state', '=', 'running'), eb('ticketed', 'is not', null)]),
        );
      return kysely
        .selectFrom(placed.as('placed'))
        .select(QUEUE_COLUMNS)
        .where((eb) => eb.or([eb('place', '<=', depth), eb('state', '=', 'running'), eb('ticketed', 'is not', null)]));
    }),
    /** The queued jobs whose ticket was issued at `time` or before. */
    ticketedBy: sql.all((time: number) =>
      kysely
        .selectFrom('jobs')
        .select(QUEUE_COLUMNS)
        .where('state', '<>', 'done')
        .where('state', '=', 'queued')
        .where('ticketed', '<=', time),
    ),
    /** Marks tickets as issued, unless the job was taken or ended meanwhile. */
    markTicketed: sql.run((id: string, at: number) =>
      kysely.updateTable('jobs').set({ ticketed: at }).where('id', '=', id).where('state', '=', 'queued'),
    ),
  };
}
