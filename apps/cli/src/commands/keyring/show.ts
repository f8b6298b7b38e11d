import type { KeyringInfo } from '@fatbuildr/domain';
import { expiryWarning } from '@fatbuildr/domain/client-side';
import { FarmCommand } from '../../farm-command.ts';
import { fields } from '../../output/table.ts';
import { day } from '../../output/units.ts';

export class KeyringShow extends FarmCommand<typeof KeyringShow> {
  static override summary = 'Show the signing key, and how far a rotation is';

  async run(): Promise<void> {
    const { id, formats } = await this.instance();
    const keyring = await this.client.keyring({ params: { instance: id } });
    this.print(keyring, () => fields([...ofKey(keyring), ...ofRotation(keyring), ...ofRetired(keyring)]));
    const warning = expiryWarning({ instance: id, rpm: 'rpm' in formats }, keyring.expires, Date.now());
    if (warning) this.say(warning);
  }
}

type Field = readonly [string, string];

function ofKey(keyring: KeyringInfo): Field[] {
  return [
    ['User ID', keyring.userId],
    ['Fingerprint', keyring.fingerprint],
    ['Algorithm', keyring.algorithm],
    ['Created', day(keyring.created)],
    ['Expires', end(keyring.expires)],
    ...keyring.subkeys.map((key): Field => [`Subkey (${key.usage})`, `${key.fingerprint} until ${end(key.expires)}`]),
  ];
}

function ofRotation({ rotation }: KeyringInfo): Field[] {
  if (!rotation) return [];
  const { phase, other, started, switchAt, finishAt } = rotation;
  const announced = phase === 'announced';
  return [
    ['Rotation', `${phase}, since ${day(announced ? started : switchAt)}`],
    [announced ? 'Successor' : 'Predecessor', `${other.fingerprint} until ${end(other.expires)}`],
    announced
      ? ['Next', `switches on ${day(switchAt)}, or before: fatbuildrctl keyring rotate --switch`]
      : ['Next', `from ${day(finishAt)} on: fatbuildrctl keyring rotate --finish`],
  ];
}

function ofRetired({ retired }: KeyringInfo): Field[] {
  return retired.length === 0 ? [] : [['Retired', retired.join(', ')]];
}

function end(expires: number | null): string {
  return expires === null ? 'never' : day(expires);
}
