import { hostMirrors } from '@fatbuildr/config';

/** The host of this machine's own mirror: a name that surely resolves here, outside a build. */
export async function mirrorHost(): Promise<string> {
  const { mirror } = await hostMirrors();
  if (!mirror) throw new Error('the APT sources of this machine name no mirror');
  return new URL(mirror.uri).hostname;
}
