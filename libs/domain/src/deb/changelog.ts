import { type ChangelogEntry, changelogPoints } from '../changelog.ts';

/**
 * The text of `debian/changelog` (deb-changelog(5)) for the entries given, in their order: newest first.
 *
 * Each entry tells the message, and the task and instance that made the build.
 */
export function renderDebChangelog(source: string, entries: readonly ChangelogEntry[]): string {
  return entries.map((entry) => renderEntry(source, entry)).join('\n');
}

/** One entry as the file has it. */
export interface DebChangelogEntry {
  source: string;
  version: string;
  distributions: string[];
  /** The lines between header and trailer, without the empty ones around them. */
  changes: string;
  maintainer: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
}

const header = /^(\S+) \(([^()\s]+)\)((?: [^\s;]+)+);/;
const trailer = /^ -- (.+?) {2}(.+)$/;

/** The entries of a changelog, newest first; lines that fit nowhere are skipped, as dpkg does. */
export function parseDebChangelog(text: string): DebChangelogEntry[] {
  const entries: DebChangelogEntry[] = [];
  let open: { source: string; version: string; distributions: string[]; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const start = header.exec(line);
    const finish = trailer.exec(line);
    if (start) {
      const [, source = '', version = '', distributions = ''] = start;
      open = { source, version, distributions: distributions.trim().split(' '), lines: [] };
    } else if (finish && open) {
      const [, maintainer = '', date = ''] = finish;
      const { lines, ...head } = open;
      entries.push({
        ...head,
        changes: lines.join('\n').replace(/^\n+|\s+$/g, ''),
        maintainer,
        timestamp: Date.parse(date),
      });
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  return entries;
}

function renderEntry(source: string, entry: ChangelogEntry): string {
  const { version, distribution, author } = entry;
  // Every line of a change is indented by two blanks or more.
  const lines = changelogPoints(entry).flatMap(([first, ...more]) => [
    `  * ${first}`,
    ...more.map((line) => `    ${line}`),
  ]);
  const name = author.name.replace(/[<>\s\u0000-\u001f\u007f]+/g, ' ').trim();
  const email = author.email.replace(/[<>\s]/g, '');
  return `${source} (${version}) ${distribution}; urgency=medium

${lines.join('\n')}

 -- ${name} <${email}>  ${changelogDate(entry.timestamp)}
`;
}

/** `Mon, 01 Jan 2024 12:00:00 +0000` (RFC 5322), always in UTC. */
export function changelogDate(timestamp: number): string {
  return new Date(timestamp).toUTCString().replace('GMT', '+0000');
}
