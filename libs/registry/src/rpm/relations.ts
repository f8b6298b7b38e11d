import { field, type Need, type Relation, type RelationReader } from '../engine/need.ts';
import { parseBoolean } from './boolean.ts';
import { unescapeXml } from './xml.ts';

/** Relations of RPMs as ingest rendered them, joined by commas. */
export const rpmRelations: RelationReader = {
  needs: (relations) => split(field(relations, 'requires')).map((text) => ({ text, need: parseNeed(text) })),
  provides: (relations) => split(field(relations, 'provides')).flatMap((text) => parseRelation(text) ?? []),
  comparable(offered, wanted) {
    // Who names no release takes, or is, any.
    const bare = (version: string) => version.replace(/-[^-]*$/, '');
    return offered.includes('-') && wanted.includes('-') ? [offered, wanted] : [bare(offered), bare(wanted)];
  },
  files: {
    part: 'filelists',
    *paths(content) {
      for (const [, path = ''] of content.matchAll(/<file(?: type="[a-z]+")?>([^<]*)<\/file>/g))
        yield unescapeXml(path);
    },
  },
};

function split(text: string): string[] {
  return text.split(', ').filter((one) => one !== '');
}

function parseNeed(text: string): Need | null {
  return text.startsWith('(') ? parseBoolean(text) : parseRelation(text);
}

function parseRelation(text: string): Relation | null {
  const [, name, sign = '', version = ''] = /^(\S+)(?: (<=|>=|=|<|>) (\S+))?$/.exec(text) ?? [];
  return name === undefined ? null : { name, sign, version };
}
