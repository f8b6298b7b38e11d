import type { ExecRequest, Format } from '@fatbuildr/domain';
import { Flags } from '@oclif/core';
import { UsageError } from '../../output/report-error.ts';
import { TaskFollower } from '../../task-follower.ts';
import { BATCH } from './filters.ts';

const FLAGS = {
  format: Flags.string({ char: 'f', description: 'Format', options: ['deb', 'rpm', 'osi'], default: 'deb' }),
  architecture: Flags.string({ description: 'Architecture' }),
  host: Flags.string({ description: 'Build host; by default one that holds it' }),
  ...BATCH,
};

export class ImagesExec extends TaskFollower<typeof ImagesExec> {
  static override summary = 'Run a command as root in a throw-away copy of a tool image, without network';
  static override examples = ['<%= config.bin %> images exec -f osi -- mkosi --version'];
  static override strict = false;
  static override flags = FLAGS;

  async run(): Promise<void> {
    const { id } = await this.instance();
    const task = await this.client.exec({ params: { instance: id }, body: requested(this.flags, this.words) });
    await this.submitted(task, this.flags.batch);
  }
}

export class EnvironmentsExec extends TaskFollower<typeof EnvironmentsExec> {
  static override summary = 'Run a command as root in a throw-away copy of a build environment, without network';
  static override examples = ['<%= config.bin %> images env-exec -d bookworm -- dpkg -l gcc'];
  static override strict = false;
  static override flags = {
    ...FLAGS,
    distribution: Flags.string({ char: 'd', description: 'Distribution of the environment', required: true }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution } = this.flags;
    const body = { ...requested(this.flags, this.words), distribution };
    await this.submitted(await this.client.exec({ params: { instance: id }, body }), this.flags.batch);
  }
}

interface Asked {
  format: string;
  architecture?: string | undefined;
  host?: string | undefined;
}

function requested({ format, architecture, host }: Asked, command: string[]): ExecRequest {
  if (command.length === 0) throw new UsageError('Which command?', 'Write it after --: … -- ls /usr');
  return {
    format: format as Format,
    ...(architecture === undefined ? {} : { architecture }),
    ...(host === undefined ? {} : { host }),
    command,
  };
}
