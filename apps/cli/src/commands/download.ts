import { mkdir } from 'node:fs/promises';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { downloadArtifact } from '../download-artifact.ts';
import { FarmCommand } from '../farm-command.ts';
import { UsageError } from '../output/report-error.ts';

export class Download extends FarmCommand<typeof Download> {
  static override summary = 'Download the files that a build handed in, checked against their digests';
  static override strict = false;
  static override usage = 'download TASK [FILE...]';
  static override args = { task: Args.string({ description: 'Task, or the beginning of its id', required: true }) };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'Directory to write to', default: '.' }),
  };

  async run(): Promise<void> {
    const task = await this.client.task({ params: { task: this.args.task } });
    const asked = new Set(this.words.slice(1));
    const unknown = [...asked].filter((name) => !task.artifacts.some((one) => one.name === name));
    if (unknown.length > 0 || task.artifacts.length === 0) {
      throw new UsageError(
        unknown.length > 0 ? `Task ${task.id} has no ${unknown.join(', ')}.` : `Task ${task.id} has no files.`,
        `fatbuildrctl show ${task.id} lists what it has.`,
      );
    }
    const files = task.artifacts.filter(({ name }) => asked.size === 0 || asked.has(name));
    await mkdir(this.flags.output, { recursive: true });
    const saved: string[] = [];
    for (const file of files) saved.push(await downloadArtifact(this.client, task.id, file, this.flags.output));
    this.print({ files: saved }, () => saved.map((path) => `${path}\n`).join(''));
  }
}
