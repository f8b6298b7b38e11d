import { type AptEntry, environmentSources, type HostMirrors } from '@fatbuildr/config';
import type { OsiTarget } from '@fatbuildr/domain';
import type { ImageSettings } from '@fatbuildr/formats';

/** A suite of an archive. */
export interface ArchiveSuite {
  mirror: string;
  suite: string;
}

/** What an image is asked to be made from. */
export interface AskedArchives {
  settings: Pick<ImageSettings, 'release' | 'repositories'>;
  target: OsiTarget;
  /** The archive of the release itself. */
  mirror: string;
  /** All that the image may be made from; in this order security updates are looked for. */
  allowed: readonly string[];
  host: HostMirrors;
}

export interface AptArchives {
  sources: AptEntry[];
  /** What whoever builds should know of them. */
  warnings: string[];
}

/** Rolling releases have neither updates nor security. */
const ROLLING = ['sid', 'unstable', 'experimental'];

/**
 * The APT sources of an image: its release, further suites of that archive, and security from the first of the allowed
 * archives that has it. What nobody named is taken where it is.
 *
 * @param whichExist those of some suites that their archives have
 */
export async function aptArchives(
  { settings: { release, repositories }, target, mirror, allowed, host }: AskedArchives,
  whichExist: (suites: readonly ArchiveSuite[]) => Promise<ArchiveSuite[]>,
): Promise<AptArchives> {
  const rolling = ROLLING.includes(release);
  const named = target.suites?.filter(
    (suite) => /[-/]/.test(suite.charAt(release.length)) && suite.startsWith(release),
  );
  const updates = named || rolling ? [] : [{ mirror, suite: `${release}-updates` }];
  const wanted = target.security ?? !rolling;
  const candidates = wanted ? allowed.map((one) => ({ mirror: one, suite: `${release}-security` })) : [];
  const asked = [...updates, ...candidates];
  const found = asked.length > 0 ? await whichExist(asked) : [];
  const has = (one: ArchiveSuite) => found.some(({ mirror: at, suite }) => at === one.mirror && suite === one.suite);
  const security = candidates.find(has) ?? null;
  const sources = environmentSources(
    {
      name: target.distribution,
      suite: release,
      components: ['main', ...repositories],
      suites: named ?? updates.filter(has).map(({ suite }) => suite),
      ...{ mirror, security, keyring: target.keyring },
    },
    host,
  );
  const lacks = `warning: the image gets no security updates: ${release}-security is not at ${allowed.join(', ')}`;
  const remedy = `Name an archive that has it in "mirrors" of ${target.distribution} in the instance's file, or say "security: false"`;
  return { sources, warnings: wanted && security === null ? [`${lacks}. ${remedy}.`] : [] };
}
