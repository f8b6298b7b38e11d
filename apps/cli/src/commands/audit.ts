import type { AuditEntry } from '@fatbuildr/domain';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../farm-command.ts';
import { parseMoment } from '../moment.ts';
import { everyPage } from '../output/pages.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/units.ts';

export class Audit extends FarmCommand<typeof Audit> {
  static override summary = 'Show who did what, newest first';
  static override description =
    'Submissions, cancels, tokens and hosts, with what was refused and why. Takes the action admin in all instances.';
  static override examples = ['<%= config.bin %> audit --since 2d', '<%= config.bin %> audit --who ci --json'];
  static override flags = {
    since: Flags.string({ description: 'Not before: 90m, 12h, 2d, 4w ago, or a date such as 2026-11-22' }),
    who: Flags.string({ description: 'Only what this token did; "local" for the local socket' }),
    limit: Flags.integer({ description: 'At most so many', default: 100, min: 1, max: 100_000 }),
  };

  async run(): Promise<void> {
    const { since, who, limit } = this.flags;
    const filter = {
      ...(who === undefined ? {} : { who }),
      ...(since === undefined ? {} : { since: parseMoment(since, Date.now()) }),
    };
    const entries = await everyPage(
      (page) => this.client.audit({ query: { ...filter, ...page } }),
      (page) => page.entries,
      limit,
    );
    this.print(entries, () => (entries.length === 0 ? 'Nothing was recorded.\n' : words(entries)));
  }
}

function words(entries: readonly AuditEntry[]): string {
  return table(
    ['WHEN', 'WHO', 'FROM', 'WHAT', 'SUBJECT', 'OUTCOME', ''],
    entries.map((one) => [
      dateTime(one.at),
      one.who,
      one.origin ?? '',
      one.action,
      one.subject,
      one.outcome,
      one.detail ?? '',
    ]),
  );
}
