import { type Clock, expiryWarning } from '@fatbuildr/domain';
import type { Logger } from '@fatbuildr/service';
import type { Workshop } from './jobs/workshop.ts';
import { publishKeys } from './publish-keys.ts';
import { configuredRepositories } from './repositories.ts';

export interface Watch {
  clock: Clock;
  log: Logger;
  /** Tells the api that the keys of an instance changed. */
  changed(instance: string): Promise<void>;
}

/**
 * Looks after the keys of all instances, at the start and once a day: says when one ends soon, switches to a successor
 * whose time has come, and says when its predecessor may go. An instance that is in trouble does not hold up the others.
 */
export async function watchKeys(workshop: Workshop, { clock, log, changed }: Watch): Promise<void> {
  const { config, keyrings } = workshop;
  for (const instance of config.instances) {
    const { id } = instance;
    try {
      const keyring = await keyrings.find(id);
      const rotation = keyring?.rotation;
      const now = clock();
      if (rotation?.phase === 'announced' && rotation.switchAt <= now) {
        const order = {
          operation: 'switch',
          instance: id,
          userId: instance.gpg,
          validityDays: 0,
          overlapDays: 0,
        } as const;
        const switched = await keyrings.change(order, `switch of ${rotation.started}`);
        const repositories = configuredRepositories(instance, config.api.publicUrl);
        log.info({ instance: id, key: switched.fingerprint }, 'switched to the successor of the signing key');
        // What cannot be signed now is when it is looked after next; the key is another all the same.
        try {
          await publishKeys(workshop, { instance: id, repositories, first: false });
        } finally {
          await changed(id);
        }
        continue;
      }
      const rpm = instance.distributions.some(({ format }) => format === 'rpm');
      const warning = keyring && expiryWarning({ instance: id, rpm }, keyring.expires ?? null, now);
      if (warning) log.warn({ instance: id }, warning);
      if (rotation?.phase === 'switched' && rotation.finishAt <= now) {
        log.warn({ instance: id }, 'The old key may be retired: fatbuildrctl keyring rotate --finish');
      }
    } catch (err) {
      log.error({ err, instance: id }, 'the keys of an instance could not be looked after');
    }
  }
}
