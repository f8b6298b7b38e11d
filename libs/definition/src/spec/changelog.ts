import { type ChangelogEntry, changelogPoints } from '@fatbuildr/domain';

/** The section `%changelog` of a spec file, with its heading; entries in their order: newest first. */
export function renderRpmChangelog(entries: readonly ChangelogEntry[]): string {
  return `%changelog\n${entries.map(renderEntry).join('\n')}`;
}

function renderEntry(entry: ChangelogEntry): string {
  const { name, email } = entry.author;
  const author = `${name.replace(/[<>\s]+/g, ' ').trim()} <${email.replace(/[<>\s]/g, '')}>`;
  const points = changelogPoints(entry).map(([first, ...more]) => [`- ${first}`, ...more.map((line) => `  ${line}`)]);
  return `${[`* ${date(entry.timestamp)} ${author} ${entry.version}`, ...points.flat()].map(literal).join('\n')}\n`;
}

/** `Sun Nov 22 2026`, in UTC. */
function date(timestamp: number): string {
  const [weekday = '', day = '', month = '', year = ''] = new Date(timestamp).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day} ${year}`;
}

/** No macro, whatever a submitter says. */
function literal(line: string): string {
  return line.replaceAll('%', '%%');
}
