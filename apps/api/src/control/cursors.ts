import { ProblemError } from '@fatbuildr/domain';

/** A cursor names the last entry of a page by what lists are ordered by. */
export function cursorOf({ created, id }: { created: number; id: string }): string {
  return `${created}.${id}`;
}

export function positionOf(cursor: string): { created: number; id: string } {
  const match = /^(\d{1,15})\.([a-z2-7]{16})$/.exec(cursor);
  if (!match) throw badCursor();
  return { created: Number(match[1]), id: match[2] as string };
}

export function badCursor(): ProblemError {
  return new ProblemError('bad-request', 'The cursor is not one that this server gave.');
}
