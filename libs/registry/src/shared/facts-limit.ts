import { Failure } from '@fatbuildr/domain';
import type { IngestedPackage } from '../model/package.ts';

/** Characters. Real packages have a hundredth; what is here is read page by page, and told on. */
const MOST_FACTS = 4 << 20;

/** @throws Failure `rejected` when a package says more of itself than can be kept with it */
export function checkFacts(one: IngestedPackage): IngestedPackage {
  const { name, version, architecture, source, section, summary, relations } = one;
  const size = JSON.stringify({ version, source, section, summary, relations }).length;
  if (size <= MOST_FACTS) return one;
  throw new Failure(
    'rejected',
    `${name} (${architecture}) says too much of itself: its relations and summary have` +
      ` ${size} characters, ${MOST_FACTS} at most`,
    { hint: 'shorten what it requires and provides' },
  );
}
