import type { ExecRequest } from '@fatbuildr/domain';
import { UsageError } from '../../output/report-error.ts';
import { TaskFollower } from '../../task-follower.ts';
import { BATCH } from './filters.ts';
import { type Asked, HELD_TREE, OF_DISTRIBUTION, whichTree } from './held-tree.ts';

const FLAGS = { ...HELD_TREE, ...BATCH };

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
  static override flags = { ...FLAGS, ...OF_DISTRIBUTION };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution } = this.flags;
    const body = { ...requested(this.flags, this.words), distribution };
    await this.submitted(await this.client.exec({ params: { instance: id }, body }), this.flags.batch);
  }
}

function requested(asked: Asked, command: string[]): ExecRequest {
  if (command.length === 0) throw new UsageError('Which command?', 'Write it after --: … -- ls /usr');
  return { ...whichTree(asked), command };
}
