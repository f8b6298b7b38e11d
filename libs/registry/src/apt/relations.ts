/** A package or a capability, perhaps of some versions only. */
export interface Relation {
  name: string;
  /** `<<`, `<=`, `=`, `>=` or `>>` (deb), `<` or `>` (rpm); empty when any version will do. */
  sign: string;
  version: string;
}

/** Relations of a binary package (deb-control(5)), as alternatives; what is none is passed over. */
export function parseRelations(text: string): Relation[][] {
  return text
    .split(',')
    .map((alternatives) => alternatives.split('|').flatMap(parseRelation))
    .filter((alternatives) => alternatives.length > 0);
}

function parseRelation(text: string): Relation[] {
  const match =
    /^\s*([A-Za-z0-9][A-Za-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?/.exec(text);
  if (!match) return [];
  const [, name = '', sign = '', version = ''] = match;
  // `<` and `>` of old mean what `<=` and `>=` do.
  return [{ name, sign: sign === '<' || sign === '>' ? `${sign}=` : sign, version }];
}
