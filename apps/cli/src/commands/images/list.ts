import { FarmCommand } from '../../farm-command.ts';
import { table } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';

export class ImagesList extends FarmCommand<typeof ImagesList> {
  static override summary = 'List the tool images and build environments that the hosts hold';

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { trees } = await this.client.images({ params: { instance: id } });
    this.print(trees, () =>
      trees.length === 0
        ? 'No host holds any. Create them with: fatbuildrctl images create, then fatbuildrctl images env-create\n'
        : table(
            ['KIND', 'FORMAT', 'ENVIRONMENT', 'ARCH', 'GENERATION', 'CREATED', 'SIZE', 'HOST'],
            trees.map((tree) => [
              tree.kind,
              tree.format,
              tree.environment ?? '',
              tree.architecture,
              tree.generation,
              dateTime(tree.created),
              tree.bytes === null ? '' : bytes(tree.bytes),
              tree.worker,
            ]),
          ),
    );
  }
}
