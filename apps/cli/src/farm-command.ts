import type { Client } from '@fatbuildr/client';
import type { InstanceView } from '@fatbuildr/domain';
import type { Interfaces } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { parse } from '@oclif/core/parser';
import { UsageError } from './output/report-error.ts';
import { safeText } from './output/terminal-safe.ts';
import { connect, DEFAULT_URI } from './server/connect.ts';
import { readUserConfig, type UserConfig } from './server/user-config.ts';

/** What a command tells of itself: to the parser, and to the help of oclif. */
export interface CommandDescription {
  args: Interfaces.ArgInput;
  flags: Interfaces.FlagInput;
  /** False: any number of words. */
  strict: boolean;
}

/** A command as oclif knows it. */
export interface CommandClass extends CommandDescription {
  run(argv: readonly string[]): Promise<void>;
}

type FlagsOf<T extends CommandDescription> = Interfaces.InferredFlags<(typeof FarmCommand)['baseFlags'] & T['flags']>;
type ArgsOf<T extends CommandDescription> = Interfaces.InferredArgs<T['args']>;

/**
 * What every command has: a server, an instance, and a choice between words and JSON. It stands in for oclif's own
 * `Command`, which loads configuration, plugins and help before it looks at the first word.
 */
export abstract class FarmCommand<T extends CommandDescription> {
  static summary: string;
  static description: string | undefined;
  static examples: string[] | undefined;
  static usage: string | undefined;
  static strict = true;
  static args: Interfaces.ArgInput = {};
  static flags: Interfaces.FlagInput = {};
  static baseFlags = {
    uri: Flags.string({
      description: 'Address of the server: unix:///path, http://host:port (FATBUILDR_URI)',
      helpGroup: 'GLOBAL',
    }),
    instance: Flags.string({ description: 'Instance of the farm (FATBUILDR_INSTANCE)', helpGroup: 'GLOBAL' }),
    json: Flags.boolean({ description: 'Print JSON', helpGroup: 'GLOBAL' }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** Every word that is no flag, for commands that take any number. */
  protected words!: string[];
  protected client!: Client;
  /** Address of the server. */
  protected uri!: string;
  protected preferences!: UserConfig;

  /** Runs the command on the words that follow its name. */
  static async run(this: CommandDescription & (new () => FarmCommand<CommandDescription>), argv: readonly string[]) {
    const command = new this();
    await command.begin(argv, this);
    await command.run();
  }

  protected abstract run(): Promise<void>;

  private async begin(argv: readonly string[], { args, flags, strict }: CommandDescription): Promise<void> {
    const read = await parse([...argv], { args, flags: { ...FarmCommand.baseFlags, ...flags }, strict });
    this.flags = read.flags as FlagsOf<T>;
    this.args = read.args as ArgsOf<T>;
    this.words = read.argv as string[];
    this.preferences = readUserConfig(process.env);
    this.uri = this.flags.uri ?? process.env['FATBUILDR_URI'] ?? this.preferences.uri ?? DEFAULT_URI;
    this.client = connect(this.uri, process.env['FATBUILDR_TOKEN'] ?? this.preferences.token);
  }

  /** The chosen instance; without a choice the only one, or the one called `default`. */
  protected async instance(): Promise<InstanceView> {
    const chosen = this.flags.instance ?? process.env['FATBUILDR_INSTANCE'] ?? this.preferences.instance;
    if (chosen !== undefined) return this.client.instance({ params: { instance: chosen } });
    const { instances } = await this.client.instances({});
    const found = instances.length === 1 ? instances[0] : instances.find(({ id }) => id === 'default');
    if (found) return found;
    throw new UsageError(
      'Which instance?',
      instances.length === 0
        ? 'None is configured, or your token is for none; see instances.d in the manual.'
        : `Name one with --instance: ${instances.map(({ id }) => id).join(', ')}.`,
    );
  }

  /** Prints data on stdout: as JSON if that was asked for, else as `words` puts it. */
  protected print(data: unknown, words: () => string): void {
    process.stdout.write(this.flags.json ? `${JSON.stringify(data, null, 2)}\n` : safeText(words()));
  }

  /** Says something that is not data, on stderr. */
  protected say(text: string): void {
    process.stderr.write(safeText(`${text}\n`));
  }
}
