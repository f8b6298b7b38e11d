import type { ShellRequest } from '@fatbuildr/domain';
import { Flags } from '@oclif/core';
import type { CommandDescription } from '../../farm-command.ts';
import { subject, target } from '../../output/task-words.ts';
import { ShellFollower } from '../../shell-follower.ts';
import { HELD_TREE, OF_DISTRIBUTION, whichTree } from './held-tree.ts';

/** A command that opens a shell and stays in it. */
abstract class ShellOpener<T extends CommandDescription> extends ShellFollower<T> {
  protected async open(body: ShellRequest): Promise<void> {
    const { id } = await this.instance();
    const task = await this.client.shell({ params: { instance: id }, body });
    this.say(`Task ${task.id}: ${subject(task)} for ${target(task)}`);
    try {
      await this.follow(task.id);
    } catch (error) {
      await this.client.cancel({ params: { task: task.id } }).catch(() => undefined);
      throw error;
    }
  }

  protected override from(): number {
    return 0;
  }

  /** Nobody else knows of the shell yet. */
  protected override async interrupted(id: string): Promise<void> {
    await this.client.cancel({ params: { task: id } });
    this.say('\nThe shell is given up.');
  }
}

export class ImagesShell extends ShellOpener<typeof ImagesShell> {
  static override summary = 'Open a shell as root in a throw-away copy of a tool image, without network';
  static override description =
    'Ends with the status of the shell. "~." at the beginning of a line leaves it open for a while, see "join". Where standard input is no terminal, the shell has none: it reads what is piped in.';
  static override examples = [
    '<%= config.bin %> images shell -f rpm',
    '<%= config.bin %> images shell -f osi -- mkosi --help',
    '<%= config.bin %> images shell < script',
  ];
  static override strict = false;
  static override flags = HELD_TREE;

  async run(): Promise<void> {
    await this.open({ ...whichTree(this.flags), ...commandOf(this.words) });
  }
}

export class EnvironmentsShell extends ShellOpener<typeof EnvironmentsShell> {
  static override summary =
    'Open a shell as root in a throw-away copy of a build environment; APT and DNF reach what builds take dependencies from';
  static override description = ImagesShell.description;
  static override examples = ['<%= config.bin %> images env-shell -d bookworm'];
  static override strict = false;
  static override flags = {
    ...HELD_TREE,
    ...OF_DISTRIBUTION,
    derivative: Flags.string({ description: 'Derivative whose packages are within reach', default: 'main' }),
  };

  async run(): Promise<void> {
    const { distribution, derivative } = this.flags;
    await this.open({ ...whichTree(this.flags), distribution, derivative, ...commandOf(this.words) });
  }
}

function commandOf(words: string[]) {
  return words.length === 0 ? {} : { command: words };
}
