import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Imported } from '@fatbuildr/definition/import';
import * as Args from '@oclif/core/args';
import { FarmCommand } from '../farm-command.ts';
import { UsageError } from '../output/report-error.ts';

const args = (file: string) => ({
  file: Args.string({ description: file, required: true }),
  directory: Args.string({ description: 'Directory to make; by default called as the artifact' }),
});

/** A command that makes a definition of a source package, on this machine alone. */
abstract class ImportSource<T extends typeof ImportDsc | typeof ImportSrcrpm> extends FarmCommand<T> {
  protected async make(
    read: (file: string, directoryOf: (artifact: string) => string) => Promise<Imported>,
    { file, directory }: { file: string; directory: string | undefined },
  ): Promise<void> {
    if (!existsSync(file)) throw new UsageError(`There is no ${resolve(file)}.`);
    const made = await read(resolve(file), (artifact) => resolve(directory ?? artifact));
    this.print(made, () => words(made));
  }
}

export class ImportDsc extends ImportSource<typeof ImportDsc> {
  static override summary = 'Make an artifact definition of a Debian source package';
  static override args = args('The .dsc, its files beside it');

  async run(): Promise<void> {
    const { importDsc } = await import('@fatbuildr/definition/import');
    await this.make(importDsc, { file: this.args.file, directory: this.args.directory });
  }
}

export class ImportSrcrpm extends ImportSource<typeof ImportSrcrpm> {
  static override summary = 'Make an artifact definition of a source RPM';
  static override args = args('The .src.rpm');

  async run(): Promise<void> {
    const { importSourceRpm } = await import('@fatbuildr/definition/import');
    await this.make(importSourceRpm, { file: this.args.file, directory: this.args.directory });
  }
}

function words({ artifact, directory, version, release, local, notes }: Imported): string {
  const lines = [
    `${directory} defines ${artifact} ${version}, release ${release}.`,
    ...notes.map((note) => `${note}.`),
  ];
  if (local.length > 0) {
    const sources = local.map(({ id, file }) => `'${id}#${file}'`).join(' ');
    lines.push(
      'Where to get the rest is not known. Write URLs into artifact.yml, or bring archives along:',
      `  fatbuildrctl build ${directory} --sources ${sources}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
