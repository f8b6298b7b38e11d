import { Failure } from '@fatbuildr/domain';

const HINT = 'the repository may have changed meanwhile: try again; if that does not help, it is damaged';

/** A file that is not what a list said of it: a repository that is being changed has such for a moment. */
export class ChangedOrigin extends Failure {
  constructor(message: string, hint = HINT) {
    super('rejected', message, { hint });
    this.name = 'ChangedOrigin';
  }
}

/** @param most bytes that it may have, by what lists say or what is sane */
export function tooLarge(name: string, most: number): Failure {
  return new ChangedOrigin(`${name} has more than the ${most} bytes that it may have`);
}
