import type { Client } from '@fatbuildr/client';
import type { InstanceView } from '@fatbuildr/domain';
import { Command, Flags, type Interfaces } from '@oclif/core';
import { UsageError } from './output/report-error.ts';
import { safeText } from './output/terminal-safe.ts';
import { connect, DEFAULT_URI } from './server/connect.ts';
import { readUserConfig, type UserConfig } from './server/user-config.ts';

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof FarmCommand)['baseFlags'] & T['flags']
>;
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/** What every command has: a server, an instance, and a choice between words and JSON. */
export abstract class FarmCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
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

  override async init(): Promise<void> {
    await super.init();
    const { args, argv, flags } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof FarmCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.words = argv as string[];
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

  /** oclif's own error output is not used: main reports every error in one place. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
