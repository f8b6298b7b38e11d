import { SuiteName } from '@fatbuildr/domain';
import { z } from 'zod';
import { Duration } from './quantities.ts';
import { HttpUrl } from './urls.ts';

/** What tool images can be made of, with the release to take when none is named. */
const releases = { debian: 'trixie', fedora: '43' } as const;
export type ImageDistribution = keyof typeof releases;

const Packages = z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._-]+$/, 'a package name')).default([]);

/**
 * A tool image. `distribution: trixie`, the name of a Debian suite without `release`, is how the images of Debian
 * packages were configured before there were others.
 */
function toolImage(usual: ImageDistribution) {
  return z
    .strictObject({
      distribution: SuiteName.default(usual),
      release: SuiteName.optional(),
      mirror: HttpUrl.optional(),
      packages: Packages,
    })
    .refine(({ distribution, release }) => isImageDistribution(distribution) || release === undefined, {
      error: `one of ${Object.keys(releases).join(', ')}`,
      path: ['distribution'],
    })
    .transform(({ distribution, release, mirror, packages }) => {
      const known = isImageDistribution(distribution);
      const base: ImageDistribution = known ? distribution : 'debian';
      return {
        distribution: base,
        release: release ?? (known ? releases[base] : distribution),
        mirror,
        packages,
      };
    })
    .prefault({});
}

function isImageDistribution(name: string): name is ImageDistribution {
  return Object.hasOwn(releases, name);
}

/** `images` of fatbuildr.yml. */
export const Images = z
  .strictObject({
    bootstrap: z
      .strictObject({ release: SuiteName.default(releases.debian), mirror: HttpUrl.optional() })
      .transform(({ release, mirror }) => ({ release, mirror }))
      .prefault({}),
    deb: toolImage('debian'),
    rpm: toolImage('fedora'),
    osi: toolImage('fedora'),
  })
  .prefault({});

const CommandLine = z
  .array(z.string().min(1, 'a word'), 'a list of words: the program and its options')
  .min(1, 'a program, and options if any')
  .optional();

/** `commands` of fatbuildr.yml: the programs whose call can be changed. */
export const Commands = z
  .strictObject({
    mmdebstrap: CommandLine,
    mkosi: CommandLine,
    pbuilder: CommandLine,
    cowbuilder: CommandLine,
    dnf: CommandLine,
    mock: CommandLine,
    rpmbuild: CommandLine,
  })
  .prefault({});

/** `environments` of fatbuildr.yml. */
export const Environments = z.strictObject({ refreshAfter: Duration.optional() }).prefault({});
