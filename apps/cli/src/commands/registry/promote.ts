import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../output/report-error.ts';
import { CHANGING, REPOSITORY } from './flags.ts';
import { RegistryChange } from './registry-change.ts';
import { parseArtifact, parseSide } from './sides.ts';

export class RegistryPromote extends RegistryChange<typeof RegistryPromote> {
  static override summary = 'Take packages over into another distribution or derivative, byte for byte';
  static override description =
    'FROM and TO are DIST or DIST/DERIVATIVE, main by default. FROM may be DIST@REVISION: what it held then.';
  static override strict = false;
  static override args = {
    from: Args.string({ description: 'Where the packages are', required: true }),
    to: Args.string({ description: 'Where they go', required: true }),
    artifacts: Args.string({ description: 'Artifacts, as NAME or NAME=VERSION' }),
  };
  static override examples = [
    '<%= config.bin %> registry promote bookworm/testing bookworm hello',
    '<%= config.bin %> registry promote bookworm trixie hello=2.10-1 --dry-run',
    '<%= config.bin %> registry promote bookworm@12 bookworm-stable --all',
  ];
  static override flags = {
    format: REPOSITORY.format,
    all: Flags.boolean({ description: 'Everything that is there' }),
    ...CHANGING,
  };

  async run(): Promise<void> {
    const { format, all } = this.flags;
    const from = parseSide(this.args.from);
    const to = parseSide(this.args.to);
    const artifacts = this.words.slice(2).map(parseArtifact);
    if (to.revision !== undefined) {
      throw new UsageError('Packages go into what is published now.', `Leave @${to.revision} away.`);
    }
    if (artifacts.length === 0 ? !all : all) {
      throw new UsageError('Promote what?', 'Name artifacts, or say --all for everything.');
    }
    const { id } = await this.instance();
    const { distribution, derivative } = to;
    await this.change(
      (dryRun) =>
        this.client.promote({
          params: { instance: id },
          body: { format, from, distribution, derivative, artifacts, dryRun },
        }),
      this.flags,
    );
  }
}
