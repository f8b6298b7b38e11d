import { field, type Relation, type RelationReader, type StatedNeed } from '../engine/need.ts';

/** Relations of binary packages (deb-control(5)). */
export const aptRelations: RelationReader = {
  needs: (relations) => ['pre-depends', 'depends'].flatMap((name) => parseRelations(field(relations, name))),
  provides: (relations) =>
    parseRelations(field(relations, 'provides')).flatMap(({ need }) => (need && !('join' in need) ? need : [])),
  comparable: (offered, wanted) => [offered, wanted],
};

function parseRelations(text: string): StatedNeed[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const alternatives = one.split('|').map(parseRelation);
      const known = alternatives.filter((each) => each !== undefined);
      if (known.length < alternatives.length) return { text: one, need: null };
      return { text: one, need: known.length === 1 ? (known[0] as Relation) : { join: 'or', of: known } };
    });
}

function parseRelation(text: string): Relation | undefined {
  const match = /^([A-Za-z0-9][A-Za-z0-9+.-]*)(?::[a-z0-9-]+)?(?:\s*\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?$/.exec(
    text.trim(),
  );
  if (!match) return undefined;
  const [, name = '', sign = '', version = ''] = match;
  // `<` and `>` of old mean what `<=` and `>=` do.
  return { name, sign: sign === '<' || sign === '>' ? `${sign}=` : sign, version };
}
