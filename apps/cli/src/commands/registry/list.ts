import type { RegistryPackage } from '@fatbuildr/domain';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { everyPage } from '../../output/pages.ts';
import { table } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';
import { REPOSITORY } from './flags.ts';

export class RegistryList extends FarmCommand<typeof RegistryList> {
  static override summary = 'List published packages';
  static override flags = {
    ...REPOSITORY,
    derivative: Flags.string({ description: 'Only this derivative' }),
    artifact: Flags.string({ char: 'a', description: 'Only packages built from this artifact' }),
    revision: Flags.integer({ description: 'As they were in this publication', min: 1 }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution, format, derivative, artifact, revision } = this.flags;
    const params = { instance: id, format, distribution };
    const packages = await everyPage(
      (page) => this.client.registry({ params, query: { ...page, derivative, artifact, revision } }),
      ({ packages: found }) => found,
    );
    this.print(packages, () =>
      packages.length === 0 ? `Nothing is published for ${distribution}.\n` : packageTable(packages),
    );
  }
}

function packageTable(packages: readonly RegistryPackage[]): string {
  return table(
    ['PACKAGE', 'VERSION', 'ARCH', 'DERIVATIVE', 'SOURCE', 'SIZE', 'PUBLISHED'],
    packages.map((one) => [
      one.name,
      one.version,
      one.architecture,
      one.derivative,
      one.source.name,
      bytes(one.size),
      dateTime(one.published),
    ]),
  );
}
