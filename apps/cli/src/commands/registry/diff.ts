import type { DifferencePage } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { everyPage } from '../../output/pages.ts';
import { UsageError } from '../../output/report-error.ts';
import { table } from '../../output/table.ts';
import { bytes } from '../../output/units.ts';
import { differenceWords } from './difference-words.ts';
import { REPOSITORY } from './flags.ts';
import { parseSide } from './sides.ts';

export class RegistryDiff extends FarmCommand<typeof RegistryDiff> {
  static override summary = 'Compare two publications, distributions or derivatives';
  static override description =
    'Packages that are not the same on both sides, by version, and the indexes that differ. A side is DIST, DIST/DERIVATIVE, DIST@REVISION, or with -d a revision alone; without a revision it is as it is now. A derivative that only one side names is meant on both.';
  static override args = {
    from: Args.string({ description: 'One side', required: true }),
    to: Args.string({ description: 'The other side; by default what is published now' }),
  };
  static override examples = [
    '<%= config.bin %> registry diff -d bookworm 12 14',
    '<%= config.bin %> registry diff bookworm@12',
    '<%= config.bin %> registry diff bookworm/testing bookworm/main',
    '<%= config.bin %> registry diff bookworm trixie',
  ];
  static override flags = {
    distribution: Flags.string({ char: 'd', description: 'Distribution, for sides that are revisions' }),
    format: REPOSITORY.format,
    files: Flags.boolean({ description: 'The indexes that differ, too' }),
  };

  async run(): Promise<void> {
    const { format, distribution, files: withFiles } = this.flags;
    const from = parseSide(this.args.from, distribution);
    const to = this.args.to === undefined ? undefined : parseSide(this.args.to, distribution);
    if (!to && from.revision === undefined) {
      throw new UsageError(
        'Compare it with what?',
        'Name two sides, or a revision to compare with what is published now.',
      );
    }
    const { id } = await this.instance();
    const query = {
      format,
      distribution: from.distribution,
      derivative: from.derivative,
      revision: from.revision,
      toDistribution: to?.distribution,
      toDerivative: to?.derivative,
      toRevision: to?.revision,
    };
    let first: DifferencePage | undefined;
    const packages = await everyPage(
      async (page) => {
        const found = await this.client.registryDifference({ params: { instance: id }, query: { ...query, ...page } });
        first ??= found;
        return found;
      },
      (page) => page.packages,
    );
    const files = first?.files ?? [];
    this.print({ from: first?.from, to: first?.to, packages, files }, () =>
      [differenceWords(packages), withFiles ? fileWords(files) : ''].filter(Boolean).join('\n'),
    );
  }
}

function fileWords(files: DifferencePage['files']): string {
  if (files.length === 0) return 'No index differs.\n';
  const words = (file: DifferencePage['files'][number]['from']) =>
    file ? `${file.sha256.slice(0, 12)} ${bytes(file.size)}` : '';
  return table(
    ['INDEX', 'FROM', 'TO'],
    files.map(({ path, from, to }) => [path, words(from), words(to)]),
  );
}
