import type { Kysely } from 'kysely';
import type { JobRow, Tables } from '../tables.ts';

const QUEUE_COLUMNS = [
  'id',
  'task',
  'instance',
  'name',
  'capability',
  'state',
  'outcome',
  'submitter',
  'priority',
  'fence',
  'tries',
  'created',
  'notBefore',
  'ticketed',
  'ended',
] as const satisfies (keyof JobRow)[];

type QueuedRow = Omit<JobRow, 'orderJson' | 'causeJson'>;

export type JobStore = ReturnType<typeof jobStore>;

export function jobStore(db: Kysely<Tables>) {
  return {
    async insert(job: JobRow): Promise<void> {
      await db.insertInto('jobs').values(job).execute();
    },
    get(id: string): Promise<JobRow | undefined> {
      return db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
    },
    ofTask(task: string): Promise<JobRow[]> {
      return db
        .selectFrom('jobs')
        .selectAll()
        .where('task', '=', task)
        .orderBy('created')
        .orderBy('name')
        .orderBy('id')
        .execute();
    },
    /** Ids of the queued and running jobs of one queue. */
    async activeIn(capability: string): Promise<string[]> {
      const query = db
        .selectFrom('jobs')
        .select('id')
        .where('state', '<>', 'done')
        .where('capability', '=', capability);
      return (await query.execute()).map(({ id }) => id);
    },
    async update(id: string, changes: Partial<JobRow>): Promise<void> {
      await db.updateTable('jobs').set(changes).where('id', '=', id).execute();
    },
    /** Raises the fence if it still is `from` and the job is not over; returns whether it was. */
    async raiseFence(id: string, from: number, changes: Partial<JobRow>): Promise<boolean> {
      const result = await db
        .updateTable('jobs')
        .set({ ...changes, fence: from + 1 })
        .where('id', '=', id)
        .where('fence', '=', from)
        .where('state', '<>', 'done')
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    /** All jobs that are queued or running, oldest first. */
    active(): Promise<JobRow[]> {
      return db.selectFrom('jobs').selectAll().where('state', '<>', 'done').orderBy('created').orderBy('id').execute();
    },
    /** Ids of the queued and running jobs that were created before `time`. */
    async activeBefore(time: number): Promise<string[]> {
      const query = db.selectFrom('jobs').select('id').where('state', '<>', 'done').where('created', '<', time);
      return (await query.execute()).map(({ id }) => id);
    },
    /** How many of an instance, or of a submitter, run on build hosts now; those in `exceptCapability` do not count. */
    async countRunning(whose: { instance: string } | { submitter: string }, exceptCapability: string): Promise<number> {
      const [[column, value]] = Object.entries(whose) as [['instance' | 'submitter', string]];
      const { count } = await db
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '<>', 'done')
        .where('state', '=', 'running')
        .where('capability', '<>', exceptCapability)
        .where(column, '=', value)
        .executeTakeFirstOrThrow();
      return count;
    },
    /** How many jobs of each capability are queued and running, and when the oldest of them was created. */
    depths(): Promise<{ capability: string; state: string; count: number; oldest: number }[]> {
      return db
        .selectFrom('jobs')
        .select(({ fn }) => ['capability', 'state', fn.countAll<number>().as('count'), fn.min('created').as('oldest')])
        .where('state', '<>', 'done')
        .groupBy(['capability', 'state'])
        .execute();
    },
    /**
     * As {@link active}, without what queueing does not look at: orders are long, and thousands may wait. The index
     * `jobs_active` holds these columns.
     */
    queue(): Promise<QueuedRow[]> {
      return db
        .selectFrom('jobs')
        .select(QUEUE_COLUMNS)
        .where('state', '<>', 'done')
        .orderBy('created')
        .orderBy('id')
        .execute();
    },
    /**
     * Of {@link queue} what a dispatch needs: all that run or have a ticket, and of those that may be tried at `now` the
     * first `depth` of every submitter, by priority and age, in each capability and instance.
     */
    heads(depth: number, now: number): Promise<QueuedRow[]> {
      const placed = db
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
      return db
        .selectFrom(placed.as('placed'))
        .select(QUEUE_COLUMNS)
        .where((eb) => eb.or([eb('place', '<=', depth), eb('state', '=', 'running'), eb('ticketed', 'is not', null)]))
        .orderBy('created')
        .orderBy('id')
        .execute();
    },
    /** The queued jobs whose ticket was issued at `time` or before. */
    ticketedBy(time: number): Promise<QueuedRow[]> {
      return db
        .selectFrom('jobs')
        .select(QUEUE_COLUMNS)
        .where('state', '<>', 'done')
        .where('state', '=', 'queued')
        .where('ticketed', '<=', time)
        .execute();
    },
    /** Marks tickets as issued, unless the job was taken or ended meanwhile. */
    async markTicketed(id: string, at: number): Promise<void> {
      await db.updateTable('jobs').set({ ticketed: at }).where('id', '=', id).where('state', '=', 'queued').execute();
    },
  };
}
