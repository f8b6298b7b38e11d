import packageJson from '../../package.json' with { type: 'json' };
import { FarmCommand } from '../farm-command.ts';

export class Version extends FarmCommand<typeof Version> {
  static override summary = 'Show the versions of this command and of the server';

  async run(): Promise<void> {
    const server = await this.client.version({});
    const client = packageJson.version;
    this.print(
      { client, server: server.version, api: server.api },
      () => `fatbuildrctl ${client}\nserver ${server.version}\n`,
    );
  }
}
