import { type Header, numbers, strings, UnreadableRpm } from '@fatbuildr/domain/rpm';
import { RELATION_TAGS, type RelationKind } from './tags.ts';

export interface RpmRelation {
  /** A package, a capability, a path, or a condition in parentheses. */
  name: string;
  /** Bits as in the header. */
  flags: number;
  /** `[epoch:]version[-release]`, or empty. */
  version: string;
}

/** The relations of each kind, as the header has them. @throws UnreadableRpm when their lists do not fit each other */
export function readRelations(header: Header): Record<RelationKind, RpmRelation[]> {
  const read = ([names, flags, versions]: readonly [number, number, number]): RpmRelation[] => {
    const all = strings(header, names);
    const [bits, evrs] = [numbers(header, flags), strings(header, versions)];
    if (bits.length !== all.length || evrs.length !== all.length) {
      throw new UnreadableRpm(`${all.length} relations with ${bits.length} flags and ${evrs.length} versions`);
    }
    return all.map((name, index) => ({ name, flags: bits[index] as number, version: evrs[index] as string }));
  };
  const kinds = Object.entries(RELATION_TAGS).map(([kind, tags]) => [kind, read(tags)]);
  return Object.fromEntries(kinds) as Record<RelationKind, RpmRelation[]>;
}

const COMPARISONS: Record<number, string> = { 2: 'LT', 4: 'GT', 8: 'EQ', 10: 'LE', 12: 'GE' };

/** The comparison that the flags of a relation ask for, as lists name it. */
export function comparisonOf(flags: number): string | undefined {
  return COMPARISONS[flags & 0xf];
}
