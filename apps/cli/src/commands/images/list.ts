import { FarmCommand } from '../../farm-command.ts';
import { UsageError } from '../../output/report-error.ts';
import { table } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';
import { ENVIRONMENT_FILTERS } from './filters.ts';

export class ImagesList extends FarmCommand<typeof ImagesList> {
  static override summary = 'List the tool images and build environments that the hosts hold';
  static override flags = ENVIRONMENT_FILTERS;

  async run(): Promise<void> {
    const { id, formats } = await this.instance();
    const { format, architecture, distribution } = this.flags;
    const known = Object.values(formats).flat();
    const unknown = distribution?.find((name) => known.every((one) => one.distribution !== name));
    if (unknown !== undefined) {
      const names = known.map((one) => one.distribution).join(', ');
      throw new UsageError(`Instance ${id} has no distribution ${unknown}.`, `It has: ${names || 'none'}.`);
    }
    const environments = distribution?.flatMap((name) => known.filter((one) => one.distribution === name));
    const all = (await this.client.images({ params: { instance: id } })).trees;
    const trees = all.filter(
      (tree) =>
        (format === undefined || (tree.format !== null && format.includes(tree.format))) &&
        (architecture === undefined || architecture.includes(tree.architecture)) &&
        (environments === undefined || environments.some(({ environment }) => environment === tree.environment)),
    );
    this.print(trees, () =>
      trees.length === 0
        ? `No host holds any${all.length > 0 ? ' of these' : ''}. Create them with: fatbuildrctl images create, then fatbuildrctl images env-create\n`
        : table(
            ['KIND', 'FORMAT', 'ENVIRONMENT', 'ARCH', 'GENERATION', 'CREATED', 'SIZE', 'HOST'],
            trees.map((tree) => [
              tree.kind,
              tree.format ?? '',
              tree.builder === undefined ? (tree.environment ?? '') : `${tree.environment} (${tree.builder})`,
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
