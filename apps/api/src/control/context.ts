import type { BlobStore } from '@fatbuildr/blobs';
import type { Config } from '@fatbuildr/config';
import type { Database, Stores } from '@fatbuildr/database';
import type { Clock } from '@fatbuildr/domain';
import type { RedisUsers, Tickets } from '@fatbuildr/queue';
import type { Logger } from '@fatbuildr/service';
import type { OpenLogFiles } from '../logs/open-log-files.ts';
import type { ControlEvents } from './events.ts';
import type { Fact } from './facts.ts';

/** What the services are made of. */
export interface Context {
  database: Database;
  blobs: BlobStore;
  tickets: Omit<Tickets, 'queue'>;
  /** The users of Redis that workers are. */
  redisUsers: Pick<RedisUsers, 'grant' | 'revoke' | 'replace' | 'onConnected'>;
  config: Config;
  clock: Clock;
  log: Logger;
  logs: OpenLogFiles;
  events: ControlEvents;
  /** The free share of the disk that holds the state, 0 to 1. */
  freeSpace: () => Promise<number>;
}

/** One transaction, with the time it happens at and what is to be told once it is committed. */
export interface Change extends Stores {
  now: number;
  changedTasks: Set<string>;
  closedLogs: Set<string>;
  facts: Fact[];
}

/** Runs `work` in a transaction and wakes those concerned after it is committed. Within, only the stores are awaited. */
export async function change<T>(context: Context, work: (tx: Change) => Promise<T>): Promise<T> {
  const changedTasks = new Set<string>();
  const closedLogs = new Set<string>();
  const facts: Fact[] = [];
  const result = await context.database.transact((stores) =>
    work({ ...stores, now: context.clock(), changedTasks, closedLogs, facts }),
  );
  for (const attempt of closedLogs) context.logs.closed(attempt);
  for (const fact of facts) context.events.happened(fact);
  for (const task of changedTasks) context.events.taskChanged(task);
  if (changedTasks.size > 0) context.events.dispatch();
  return result;
}
