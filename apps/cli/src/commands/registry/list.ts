import type { Format, RegistryPackage } from '@fatbuildr/domain';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { table } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';

export class RegistryList extends FarmCommand<typeof RegistryList> {
  static override summary = 'List published packages';
  static override flags = {
    distribution: Flags.string({ char: 'd', description: 'Distribution', required: true }),
    format: Flags.string({ char: 'f', description: 'Format', default: 'deb', options: ['deb', 'rpm', 'osi'] }),
    derivative: Flags.string({ description: 'Only this derivative' }),
    artifact: Flags.string({ char: 'a', description: 'Only packages built from this artifact' }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution, derivative, artifact } = this.flags;
    const params = { instance: id, format: this.flags.format as Format, distribution };
    const packages: RegistryPackage[] = [];
    let cursor: string | undefined;
    do {
      const query = {
        limit: 200,
        ...(derivative ? { derivative } : {}),
        ...(artifact ? { artifact } : {}),
        ...(cursor ? { cursor } : {}),
      };
      const page = await this.client.registry({ params, query });
      packages.push(...page.packages);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    this.print(packages, () =>
      packages.length === 0 ? `Nothing is published for ${distribution}.\n` : packageTable(packages),
    );
  }
}

export function packageTable(packages: readonly RegistryPackage[]): string {
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
