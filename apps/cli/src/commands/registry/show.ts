import type { Format } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { fields } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';

export class RegistryShow extends FarmCommand<typeof RegistryShow> {
  static override summary = 'Show a published package: every version, with its relations';
  static override args = { name: Args.string({ description: 'Package or artifact', required: true }) };
  static override flags = {
    distribution: Flags.string({ char: 'd', description: 'Distribution', required: true }),
    format: Flags.string({ char: 'f', description: 'Format', default: 'deb', options: ['deb', 'rpm', 'osi'] }),
    derivative: Flags.string({ description: 'Only this derivative' }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution, derivative } = this.flags;
    const { packages } = await this.client.registryPackage({
      params: { instance: id, format: this.flags.format as Format, distribution, name: this.args.name },
      query: derivative ? { derivative } : {},
    });
    this.print(packages, () =>
      packages
        .map((one) =>
          fields([
            ['Package', `${one.name} ${one.version} (${one.architecture})`],
            ['Summary', one.summary],
            ['Where', `${id}/${one.format}/${one.distribution}/${one.derivative}`],
            ['Source', `${one.source.name} ${one.source.version}`],
            ...Object.entries(one.relations),
            ['File', one.path],
            ['Size', bytes(one.size)],
            ['SHA256', one.sha256],
            ['Published', dateTime(one.published)],
            ['Task', one.task],
          ]),
        )
        .join('\n'),
    );
  }
}
