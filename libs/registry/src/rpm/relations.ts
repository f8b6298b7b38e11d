import type { Relation } from '../apt/relations.ts';

/** Relations as ingest rendered them, joined by commas; conditions in parentheses are passed over. */
export function parseRpmRelations(text: string): Relation[] {
  return text.split(', ').flatMap((one) => {
    const match = /^([^\s(]\S*)(?: (<=|>=|=|<|>) (\S+))?$/.exec(one);
    return match ? [{ name: match[1] as string, sign: match[2] ?? '', version: match[3] ?? '' }] : [];
  });
}
