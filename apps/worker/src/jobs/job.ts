import type { AttemptApi } from '@fatbuildr/client/worker';
import type { BuildResult, FetchedDefinition, PhaseName, ShellResult, WorkerOrder } from '@fatbuildr/domain';
import type { JobLog } from '../log/job-log.ts';

/** One attempt as the code that does it sees it. */
export interface Job<O extends WorkerOrder = WorkerOrder> {
  /** The attempt's id: names its containers, mounts and network. */
  readonly id: string;
  readonly task: string;
  readonly order: O;
  readonly api: AttemptApi;
  readonly log: JobLog;
  /** A directory of the attempt's own, removed at its end. */
  readonly workspace: string;
  /** Aborts when the job is to end early; the reason says why and is what the attempt then ends with. */
  readonly signal: AbortSignal;
  /** Runs `work` as a phase: its begin and end are told to the api with the offsets in the log. */
  phase<T>(name: PhaseName, work: () => Promise<T>): Promise<T>;
  /** Tells that a phase began or ended here and now. Does not wait for the api; order is kept. */
  mark(phase: PhaseName, event: 'begin' | 'end'): void;
  /** From here on people say how long it takes: its deadlines do not count any more. */
  untimed(): void;
  /** How its shell ended, for the result of the attempt. */
  shellEnded(shell: ShellResult): void;
  /** Has `undo` called when the job is over, however it ended: the last deferred first. */
  defer(undo: () => Promise<void>): void;
}

/** What a job that went well leaves. */
export interface Finished {
  build: BuildResult | null;
  fetched?: FetchedDefinition;
  /** What is still done once the result is in; its failure changes nothing. */
  after?: () => Promise<void>;
}

export type Work<O extends WorkerOrder> = (job: Job<O>) => Promise<Finished>;

/** How each kind of order is done on this host. */
export type Works = { [O in WorkerOrder as O['kind']]: Work<O> };

/** Why an attempt ends without a result of its own. */
export class Abandoned extends Error {
  /** `lost`: the job is another's by now. `handback`: this host stops, another is to do it. */
  readonly why: 'lost' | 'handback';

  constructor(why: 'lost' | 'handback') {
    super(why === 'lost' ? 'the attempt is not this host’s any more' : 'this host hands the attempt back');
    this.name = 'Abandoned';
    this.why = why;
  }
}
