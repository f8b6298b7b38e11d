import { describe, expect, it } from 'vitest';
import type { ChangelogEntry } from '../changelog.ts';
import { parseDebChangelog, renderDebChangelog } from './changelog.ts';

const entry: ChangelogEntry = {
  version: '2.10-1.deb12+build2',
  distribution: 'bookworm',
  author: { name: 'Jane Doe', email: 'jane@example.org' },
  message: 'New release\nwith a second line\n- and a second point',
  timestamp: Date.UTC(2024, 0, 2, 3, 4, 5),
  taskId: 'abcdefghijklmnop',
  instance: 'default',
};

describe('renderDebChangelog', () => {
  it('writes entries as Debian Policy has them', () => {
    expect(renderDebChangelog('hello', [entry])).toBe(`hello (2.10-1.deb12+build2) bookworm; urgency=medium

  * New release
    with a second line
  * and a second point
  * Task abcdefghijklmnop of instance default

 -- Jane Doe <jane@example.org>  Tue, 02 Jan 2024 03:04:05 +0000
`);
  });

  it('lets no text of the submitter forge a header or a trailer', () => {
    const message = 'x\nevil (1) sid; urgency=low\n -- Eve <e@x>  Tue, 02 Jan 2024 03:04:05 +0000';
    const author = { name: 'Jane\n -- Eve <e@x>', email: 'j@x>\n' };
    const entries = parseDebChangelog(renderDebChangelog('hello', [{ ...entry, message, author }]));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ source: 'hello', maintainer: 'Jane -- Eve e@x <j@x>' });
  });

  it('reads back what it wrote', () => {
    const older = { ...entry, version: '2.10-1.deb12', message: '' };
    const entries = parseDebChangelog(renderDebChangelog('hello', [entry, older]));
    expect(entries.map(({ version }) => version)).toEqual(['2.10-1.deb12+build2', '2.10-1.deb12']);
    expect(entries[1]).toEqual({
      source: 'hello',
      version: '2.10-1.deb12',
      distributions: ['bookworm'],
      changes: '  * No message given\n  * Task abcdefghijklmnop of instance default',
      maintainer: 'Jane Doe <jane@example.org>',
      timestamp: entry.timestamp,
    });
  });
});
