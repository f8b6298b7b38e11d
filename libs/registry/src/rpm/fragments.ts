import { parseEvr } from '@fatbuildr/domain/rpm';
import { isPrimary, type RpmFileEntry } from './read/files.ts';
import type { RpmFile } from './read/read-rpm.ts';
import { comparisonOf, type RpmRelation } from './read/relations.ts';
import { publishedRequires } from './requires.ts';
import { attributes, escapeXml } from './xml.ts';

/** The element of a package in each of the three lists of a repository. */
export type RpmFragments = {
  primary: string;
  filelists: string;
  other: string;
};

/** What a repository knows of a file beside what is in it. */
export interface PublishedFile {
  sha256: string;
  size: number;
  /** Seconds since the epoch. */
  time: number;
  /** Relative to the repository. */
  href: string;
}

const MOST_CHANGES = 10;

/** Renders what createrepo_c writes for a package. */
export function renderFragments(rpm: RpmFile, file: PublishedFile): RpmFragments {
  const version = `<version${attributes({ epoch: rpm.epoch, ver: rpm.version, rel: rpm.release })}/>`;
  const head = `<package${attributes({ pkgid: file.sha256, name: rpm.name, arch: rpm.architecture })}>\n  ${version}\n`;
  return {
    primary: renderPrimary(rpm, file, version),
    filelists: `${head}${rpm.files.map((entry) => `  ${renderFile(entry)}\n`).join('')}</package>\n`,
    other: `${head}${renderChangelog(rpm.changelog)}</package>\n`,
  };
}

function renderPrimary(rpm: RpmFile, file: PublishedFile, version: string): string {
  const lines = [
    '<package type="rpm">',
    element('name', rpm.name),
    element('arch', rpm.architecture),
    `  ${version}`,
    `  <checksum type="sha256" pkgid="YES">${file.sha256}</checksum>`,
    element('summary', rpm.summary),
    element('description', rpm.description),
    element('packager', rpm.packager),
    element('url', rpm.url),
    `  <time${attributes({ file: file.time, build: rpm.buildTime })}/>`,
    `  <size${attributes({ package: file.size, installed: rpm.installedSize, archive: rpm.archiveSize })}/>`,
    `  <location${attributes({ href: file.href })}/>`,
    '  <format>',
    element('rpm:license', rpm.license),
    element('rpm:vendor', rpm.vendor),
    element('rpm:group', rpm.group),
    element('rpm:buildhost', rpm.buildHost),
    element('rpm:sourcerpm', rpm.sourceRpm),
    `  <rpm:header-range${attributes(rpm.header)}/>`,
    ...renderRelations('provides', rpm.relations.provides),
    ...renderRelations('requires', publishedRequires(rpm)),
    ...(['conflicts', 'obsoletes', 'suggests', 'enhances', 'recommends', 'supplements'] as const).flatMap((kind) =>
      renderRelations(kind, rpm.relations[kind]),
    ),
    ...rpm.files.filter(({ path }) => isPrimary(path)).map((entry) => `  ${renderFile(entry)}`),
    '  </format>',
    '</package>\n',
  ];
  return lines.join('\n');
}

function renderRelations(kind: string, relations: readonly (RpmRelation & { pre?: boolean })[]): string[] {
  if (relations.length === 0) return [];
  const entries = relations.map((relation) => {
    const { epoch, version, release } = parseEvr(relation.version);
    const flags = comparisonOf(relation.flags);
    const evr =
      flags && relation.version !== '' ? { epoch, ver: version, rel: release === '' ? undefined : release } : {};
    const pre = relation.pre ? 1 : undefined;
    return `    <rpm:entry${attributes({ name: relation.name, flags, ...evr, pre })}/>`;
  });
  return [`  <rpm:${kind}>`, ...entries, `  </rpm:${kind}>`];
}

function renderFile({ path, type }: RpmFileEntry): string {
  return `<file${attributes({ type: type === '' ? undefined : type })}>${escapeXml(path)}</file>`;
}

/** The newest few, oldest first; those of one time are set a second apart, for clients that order by time. */
function renderChangelog(changelog: RpmFile['changelog']): string {
  const entries = changelog.slice(0, MOST_CHANGES).reverse();
  let date = 0;
  return entries
    .map(({ author, time, text }, index) => {
      date = index > 0 && entries[index - 1]?.time === time ? date + 1 : time;
      return `  <changelog${attributes({ author: author.trimEnd(), date })}>${escapeXml(text)}</changelog>\n`;
    })
    .join('');
}

function element(name: string, text: string): string {
  return text === '' ? `  <${name}/>` : `  <${name}>${escapeXml(text)}</${name}>`;
}
