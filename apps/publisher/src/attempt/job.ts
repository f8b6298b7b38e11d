import type { AttemptApi } from '@fatbuildr/client/worker';
import type { PhaseName, PublicationResult, PublisherOrder } from '@fatbuildr/domain';

/** One attempt as the code that does it sees it. */
export interface Job<O extends PublisherOrder = PublisherOrder> {
  readonly task: string;
  readonly order: O;
  /** Aborts when the attempt is to end early; no more once `commit` was asked. */
  readonly signal: AbortSignal;
  /** A line of the attempt's log. */
  line(text: string): void;
  /** Runs `work` as a phase: its begin and end are told to the api. */
  phase<T>(name: PhaseName, work: () => Promise<T>): Promise<T>;
  /** Tells that a phase begins or ends here. */
  mark(phase: PhaseName, event: 'begin' | 'end'): void;
  /** As `AttemptApi.fetchOrigin`. */
  readonly fetchOrigin: AttemptApi['fetchOrigin'];
  /**
   * Asks for leave to change what is published. From then on the attempt is seen through.
   *
   * @throws when it was cancelled, lost or handed back meanwhile
   */
  commit(): Promise<void>;
}

export type Work<O extends PublisherOrder> = (job: Job<O>) => Promise<PublicationResult>;

/** How each kind of order is done. */
export type Works = { [O in PublisherOrder as O['kind']]: Work<O> };

/** Why an attempt ends without a result. */
export class Abandoned extends Error {
  /** `lost`: the job is another's by now, or cancelled. `handback`: the publisher stops. */
  readonly why: 'lost' | 'handback';

  constructor(why: 'lost' | 'handback') {
    super(why === 'lost' ? 'the attempt is not the publisher’s any more' : 'the publisher hands the attempt back');
    this.name = 'Abandoned';
    this.why = why;
  }
}
