import { findInstance, type KeyringOrder } from '@fatbuildr/domain';
import type { Work } from '../attempt/job.ts';
import { keyringInfo } from '../keyrings.ts';
import { fullReport } from '../publications.ts';
import { orderedRepository } from '../repositories.ts';
import { signerOf } from '../signer.ts';
import type { Workshop } from './workshop.ts';

/**
 * Creates the keyring of an instance and publishes each of its repositories empty, since apt fails on a suite that was
 * never published; or renews it, signs every repository again and hands out the public key with its new end.
 */
export function changeKeyring(workshop: Workshop): Work<KeyringOrder> {
  return async (job) => {
    const { config, registry, keyrings } = workshop;
    const { order } = job;
    const { instance, operation } = order;
    findInstance(config, instance);
    // A keyring cannot be taken back, so the api is asked first.
    await job.commit();
    const keyring = operation === 'create' ? await keyrings.create(order, job.task) : await keyrings.renew(order);
    job.line(`${operation === 'create' ? 'created' : 'renewed'} ${keyring.algorithm} key ${keyring.fingerprint}`);
    job.line(`valid until ${new Date(keyring.expires).toISOString().slice(0, 10)}`);

    const repositories = order.repositories
      .filter(({ format }) => format === 'deb')
      .map((target) => orderedRepository(config, instance, target));
    await job.phase('publish', async () => {
      const signer = signerOf(keyring);
      for (const repository of repositories) {
        await registry.ensurePublished({ repository, signer, resign: operation === 'renew' });
        job.line(`${repository.distribution} is signed: ${repository.derivatives.join(', ')}`);
      }
      const publicKey = keyring.armoredPublicKey();
      await registry.publishAccess({ instance, repositories, publicKey, baseUrl: config.api.publicUrl });
    });
    const publications = repositories.flatMap((repository) => fullReport(registry, repository) ?? []);
    return { publications, keyring: keyringInfo(keyring) };
  };
}
