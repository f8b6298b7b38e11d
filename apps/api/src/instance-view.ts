import { derivativeChain, type Format, type Instance, type InstanceView, type KeyringInfo } from '@fatbuildr/domain';

/** How the ready files for clients end. */
const CLIENT_FILE: Record<Format, string | undefined> = { deb: 'sources', rpm: 'repo', osi: undefined };

/** An instance as everybody may see it; addresses are below `publicUrl`. */
export function instanceView(instance: Instance, publicUrl: string, keyring: KeyringInfo | undefined): InstanceView {
  const formats: InstanceView['formats'] = {};
  for (const { format, name, env, tag } of instance.distributions) {
    const repository = `${publicUrl}/${instance.id}/${format}`;
    formats[format] ??= [];
    formats[format].push({
      distribution: name,
      environment: env,
      tag,
      derivatives: ['main', ...instance.derivatives.map((one) => one.name)].filter((one) =>
        supports(instance, one, format),
      ),
      repository,
      clientConfiguration: CLIENT_FILE[format] ? `${repository}/${name}.${CLIENT_FILE[format]}` : null,
    });
  }
  const { id, name, gpg, architectures } = instance;
  const userId = `${gpg.name} <${gpg.email}>`;
  return { id, name, userId, architectures, formats, hasKeyring: !!keyring, keyExpires: keyring?.expires ?? null };
}

function supports(
  instance: Instance,
  derivative: string,
  format: Instance['distributions'][number]['format'],
): boolean {
  try {
    derivativeChain(instance, derivative, format);
    return true;
  } catch {
    return false;
  }
}
