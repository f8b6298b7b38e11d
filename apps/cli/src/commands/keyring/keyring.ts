import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { fields } from '../../output/table.ts';
import { day } from '../../output/units.ts';
import { TaskFollower } from '../../task-follower.ts';
import { parseValidity } from '../../validity.ts';

const DURATION = { duration: Flags.string({ description: 'Validity from now: 90d, 12w, 6m, 2y', default: '2y' }) };
const BATCH = { batch: Flags.boolean({ description: 'Print the id of the task and leave' }) };

export class KeyringShow extends FarmCommand<typeof KeyringShow> {
  static override summary = 'Show the signing key';

  async run(): Promise<void> {
    const { id } = await this.instance();
    const keyring = await this.client.keyring({ params: { instance: id } });
    this.print(keyring, () =>
      fields([
        ['User ID', keyring.userId],
        ['Fingerprint', keyring.fingerprint],
        ['Algorithm', keyring.algorithm],
        ['Created', day(keyring.created)],
        ['Expires', day(keyring.expires)],
        ...keyring.subkeys.map(
          (key) => [`Subkey (${key.usage})`, `${key.fingerprint} until ${day(key.expires)}`] as const,
        ),
      ]),
    );
  }
}

export class KeyringExport extends FarmCommand<typeof KeyringExport> {
  static override summary = 'Print the public key, armoured';

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { publicKey } = await this.client.keyring({ params: { instance: id } });
    this.print({ publicKey }, () => (publicKey.endsWith('\n') ? publicKey : `${publicKey}\n`));
  }
}

export class KeyringCreate extends TaskFollower<typeof KeyringCreate> {
  static override summary = 'Create the signing key, and the repositories, empty and signed';
  static override flags = { ...DURATION, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { validityDays: parseValidity(this.flags.duration) };
    await this.submitted(await this.client.createKeyring({ params: { instance: id }, body }), this.flags.batch);
  }
}

export class KeyringRenew extends TaskFollower<typeof KeyringRenew> {
  static override summary = 'Move the expiry of the signing key; the key stays the same';
  static override flags = { ...DURATION, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { validityDays: parseValidity(this.flags.duration) };
    await this.submitted(await this.client.renewKeyring({ params: { instance: id }, body }), this.flags.batch);
  }
}
