import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../output/report-error.ts';
import { TaskFollower } from '../../task-follower.ts';
import { BATCH } from './change.ts';
import { placeSecret } from './place-secret.ts';

export class KeyringImport extends TaskFollower<typeof KeyringImport> {
  static override summary = 'Make an existing secret key the signing key; on the publisher’s host';
  static override args = { file: Args.string({ description: 'The key, as of gpg --export-secret-keys --armor' }) };
  static override flags = {
    'passphrase-stdin': Flags.boolean({ description: 'Read the passphrase of the key from standard input' }),
    placed: Flags.boolean({
      description: 'The key is where the publisher looks for it already',
      exclusive: ['passphrase-stdin'],
    }),
    ...BATCH,
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const params = { instance: id };
    const { import: places } = await this.client.keyringFiles({ params });
    if (this.args.file === undefined && !this.flags.placed) {
      throw new UsageError('Which key?', `Name its file, or put it at ${places.secret} (0600) and say --placed.`);
    }
    if (this.args.file !== undefined) {
      // A path from elsewhere is not followed: a secret would be written where somebody else said.
      if (!this.uri.startsWith('unix:')) {
        throw new UsageError(
          'A secret key is not sent to a server.',
          'Run this on the publisher’s host as root, through its socket: --uri unix:///run/fatbuildr/api.sock',
        );
      }
      await placeSecret(this.args.file, this.flags['passphrase-stdin'], places);
    }
    await this.submitted(await this.client.importKeyring({ params, body: {} }), this.flags.batch);
  }
}
