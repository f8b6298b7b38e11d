import { Failure } from '@fatbuildr/domain';
import type { ListedRelease } from './listed.ts';
import type { Origin } from './origin.ts';

/** How far clocks may be apart. */
const SKEW_MS = 600_000;

/**
 * Whether it is the time of a Release, as apt asks: who passes on an old one may keep back what was published since.
 * Where nothing is signed there is nobody to be misled about, and it is told only.
 *
 * @throws Failure `rejected` when it is signed and its time is over or yet to come, unless that is to be believed too
 */
export function checkRelease(
  { clock, verifier, expired, line }: Origin,
  name: string,
  { date, validUntil }: ListedRelease,
): void {
  const now = clock();
  let trouble: string | undefined;
  if (validUntil !== null && validUntil < now) trouble = `${name} was valid until ${utc(validUntil)}`;
  else if (date !== null && date > now + SKEW_MS) trouble = `${name} is of ${utc(date)}, which is yet to come`;
  if (trouble === undefined) return;
  if (verifier && !expired) {
    throw new Failure('rejected', trouble, {
      hint: 'import it from where it is kept up to date; one that is not meant to be any more is taken with --expired',
    });
  }
  line(`warning: ${trouble}: it may lack what was published since`);
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
