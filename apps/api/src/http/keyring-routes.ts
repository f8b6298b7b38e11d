import { join } from 'node:path';
import { API_PREFIX, dearmor, InstanceName, type KeyringInfo, ProblemError, routes, streams } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Control } from '../control/services.ts';
import { authorise, identify, type Listener } from './access.ts';
import type { Mount } from './mount.ts';
import type { AppParts } from './parts.ts';

/** The signing key of an instance, and tasks that change it. No secret passes through here. */
export function mountKeyring(mount: Mount, { control, config }: Pick<AppParts, 'control' | 'config'>): void {
  const { submissions } = control;
  mount(routes.keyring, ({ params }) => requireKeyring(control, params.instance));
  mount(routes.keyringFiles, async ({ params: { instance } }) => {
    const keyring = await control.registry.keyring(instance);
    const incoming = join(config.paths.state, 'publisher', 'import', instance);
    const keys = keyring
      ? [keyring.fingerprint, keyring.rotation?.other.fingerprint ?? [], keyring.retired].flat(2)
      : [];
    return {
      import: { secret: `${incoming}.asc`, passphrase: `${incoming}.passphrase` },
      revocations: keys.map((fingerprint) => ({
        fingerprint,
        path: join(config.paths.state, 'keyrings', instance, fingerprint, 'revocation.asc'),
      })),
    };
  });
  mount(routes.createKeyring, ({ params, body, principal }) =>
    submissions.createKeyring(params.instance, body, principal),
  );
  mount(routes.importKeyring, ({ params, body, principal }) =>
    submissions.importKeyring(params.instance, body, principal),
  );
  mount(routes.renewKeyring, ({ params, body, principal }) =>
    submissions.renewKeyring(params.instance, body, principal),
  );
  mount(routes.rotateKeyring, ({ params, body, principal }) =>
    submissions.rotateKeyring(params.instance, body, principal),
  );
}

/** The public keys as files, for those who put them into a keyring of their own. */
export function mountPublicKey(app: FastifyInstance, { control }: AppParts, listener: Listener): void {
  const forms = [
    { url: streams.publicKey, type: 'application/pgp-keys', summary: 'The public key, armoured', render: armored },
    { url: streams.publicKeyBytes, type: 'application/octet-stream', summary: 'The public key, binary', render: bytes },
  ];
  for (const { url, type, summary, render } of forms) {
    app.route({
      method: 'GET',
      url: API_PREFIX + url,
      schema: {
        summary,
        tags: ['instances'],
        params: z.object({ instance: InstanceName }),
        produces: [type],
        security: [{ token: ['view'] }],
      },
      handler: async (request, reply) => {
        const { instance } = request.params as { instance: string };
        authorise(await identify(control, listener, request), 'view', instance);
        return reply.type(type).send(render(await requireKeyring(control, instance)));
      },
    });
  }
}

function armored({ publicKey }: KeyringInfo): string {
  return publicKey;
}

function bytes({ publicKey }: KeyringInfo): Buffer {
  return Buffer.from(dearmor(publicKey));
}

async function requireKeyring({ registry }: Pick<Control, 'registry'>, instance: string): Promise<KeyringInfo> {
  const keyring = await registry.keyring(instance);
  if (keyring) return keyring;
  throw new ProblemError('not-found', `Instance ${instance} has no keyring yet.`, {
    hint: `Create it with: fatbuildrctl keyring create --instance ${instance}`,
  });
}
