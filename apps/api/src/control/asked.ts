import type { TaskRow } from '@fatbuildr/database';
import type { FetchedDefinition } from '@fatbuildr/domain';

/** What was asked for, kept with the task so that a retry can ask for the same again. */
export interface Asked {
  instance: string;
  request: unknown;
  /** What the repository of a build held when it was fetched: a retry builds the same, whatever it holds by then. */
  fetched?: FetchedDefinition;
}

/** As this program stored it. */
export function storedAsked({ requestJson }: Pick<TaskRow, 'requestJson'>): Asked {
  return JSON.parse(requestJson) as Asked;
}
