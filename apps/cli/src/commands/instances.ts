import { FarmCommand } from '../farm-command.ts';
import { paint } from '../output/paint.ts';
import { table } from '../output/table.ts';

export class Instances extends FarmCommand<typeof Instances> {
  static override summary = 'List the instances with their distributions and repositories';

  async run(): Promise<void> {
    const { instances } = await this.client.instances({});
    this.print(instances, () =>
      instances
        .map((instance) => {
          const rows = Object.entries(instance.formats).flatMap(([format, list]) =>
            list.map((one) => [
              `  ${format}`,
              one.distribution,
              one.environment,
              one.tag,
              one.derivatives.join(','),
              one.clientConfiguration ?? one.repository,
            ]),
          );
          const key = instance.hasKeyring ? '' : ' (no keyring yet: fatbuildrctl keyring create)';
          const title = `${paint('bold', instance.id)}: ${instance.name}, ${instance.architectures.join(' ')}${key}\n`;
          return title + table(['  FORMAT', 'DISTRIBUTION', 'ENVIRONMENT', 'TAG', 'DERIVATIVES', 'CLIENTS USE'], rows);
        })
        .join('\n'),
    );
  }
}
