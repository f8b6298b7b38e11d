import { type AptEntry, environmentSources, type HostMirrors } from '@fatbuildr/config';
import { Failure, type ImageRecipe } from '@fatbuildr/domain';
import type { Rule } from '../network/rules.ts';

/** Where mkosi takes the packages of an image from. */
export interface ImageArchives {
  /** Options for mkosi. */
  options: string[];
  /** APT sources to give it in place of its own; empty where it is to make them up. */
  sources: AptEntry[];
  allow: Rule[];
}

/** Fedora's own server; the key that it signs with is on its home page. */
const FEDORA = 'https://dl.fedoraproject.org/pub/fedora';
export const FEDORA_KEYS = 'https://fedoraproject.org';

/**
 * The archives of a tool image. For Debian they are named one by one: left alone, mkosi adds repositories of debug
 * symbols, which mirrors seldom have.
 *
 * @throws Failure `infrastructure-failure` when neither the configuration nor the host names a mirror
 */
export function imageArchives(format: string, recipe: ImageRecipe, host: HostMirrors): ImageArchives {
  const { distribution, release, mirror } = recipe;
  if (distribution === 'fedora') {
    const base = mirror ?? FEDORA;
    return {
      options: [`--mirror=${base}`, '--repository-key-fetch=yes'],
      sources: [],
      allow: [{ url: base }, { url: FEDORA_KEYS }],
    };
  }
  if (mirror === null && host.mirror === undefined) {
    throw new Failure('infrastructure-failure', `No mirror is known to make the ${format} image from.`, {
      hint: `Set images.${format}.mirror; the APT sources of the build host name none.`,
    });
  }
  const secured = mirror === null && host.security !== undefined && !['sid', 'unstable'].includes(release);
  const sources = environmentSources(
    {
      name: `images.${format}`,
      suite: release,
      components: ['main'],
      suites: [],
      mirror,
      security: secured ? { suite: `${release}-security` } : null,
    },
    host,
  );
  return { options: [], sources, allow: sources.map(({ uri }) => ({ url: uri })) };
}
