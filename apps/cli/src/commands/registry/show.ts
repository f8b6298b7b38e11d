import type { PackageDifference, PublicationDetail, RegistryPackage } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { everyPage } from '../../output/pages.ts';
import { UsageError } from '../../output/report-error.ts';
import { fields, table } from '../../output/table.ts';
import { subject } from '../../output/task-words.ts';
import { bytes, dateTime } from '../../output/units.ts';
import { differenceWords } from './difference-words.ts';
import { REPOSITORY } from './flags.ts';

export class RegistryShow extends FarmCommand<typeof RegistryShow> {
  static override summary = 'Show a published package, every version with its relations; or a publication';
  static override args = { name: Args.string({ description: 'Package or artifact' }) };
  static override examples = [
    '<%= config.bin %> registry show -d bookworm hello',
    '<%= config.bin %> registry show -d bookworm --revision 12',
  ];
  static override flags = {
    ...REPOSITORY,
    derivative: Flags.string({ description: 'Only this derivative' }),
    revision: Flags.integer({ description: 'This publication; with a name: the package as it was in it', min: 1 }),
  };

  async run(): Promise<void> {
    const { revision } = this.flags;
    if (this.args.name !== undefined) return this.showPackage(this.args.name);
    if (revision !== undefined) return this.showPublication(revision);
    throw new UsageError('Show what?', 'Name a package, or a publication with --revision.');
  }

  private async showPackage(name: string): Promise<void> {
    const { id } = await this.instance();
    const { distribution, format, derivative, revision } = this.flags;
    const { packages } = await this.client.registryPackage({
      params: { instance: id, format, distribution, name },
      query: { derivative, revision },
    });
    this.print(packages, () => packages.map((one) => packageWords(id, one)).join('\n'));
  }

  /** With what it changed, as long as the publication before it is kept. */
  private async showPublication(revision: number): Promise<void> {
    const { id } = await this.instance();
    const { distribution, format } = this.flags;
    const params = { instance: id, format, distribution, revision: String(revision) };
    const publication = await this.client.publication({ params });
    const { previous } = publication;
    const packages =
      previous === null
        ? null
        : await everyPage(
            (page) =>
              this.client.registryDifference({
                params: { instance: id },
                query: { ...page, format, distribution, revision: previous, toRevision: revision },
              }),
            (page) => page.packages,
          );
    this.print({ ...publication, packages }, () => publicationWords(publication, packages));
  }
}

function packageWords(instance: string, one: RegistryPackage): string {
  return fields([
    ['Package', `${one.name} ${one.version} (${one.architecture})`],
    ['Summary', one.summary],
    ['Where', `${instance}/${one.format}/${one.distribution}/${one.derivative}`],
    ['Source', `${one.source.name} ${one.source.version}`],
    ...Object.entries(one.relations),
    ['File', one.path],
    ['Size', bytes(one.size)],
    ['SHA256', one.sha256],
    ['Published', dateTime(one.published)],
    ['Task', one.task],
  ]);
}

function publicationWords(publication: PublicationDetail, packages: PackageDifference[] | null): string {
  const { revision, previous, created, current, tasks, requests, files } = publication;
  const known = new Map(requests.map((task) => [task.id, task]));
  const head = fields([
    ['Revision', `${revision}${current ? ', the current one' : ''}`],
    ['Follows', previous === null ? 'none that is kept' : String(previous)],
    ['Published', dateTime(created)],
    ...tasks.map((id) => {
      const task = known.get(id);
      return ['Task', task ? `${id}  ${subject(task)}, asked by ${task.requestedBy}` : id] as const;
    }),
  ]);
  const indexes = table(
    ['INDEX', 'SIZE', 'SHA256'],
    files.map(({ path, size, sha256 }) => [path, bytes(size), sha256]),
  );
  return [head, packages && differenceWords(packages), indexes].filter(Boolean).join('\n');
}
