import { archName } from '@fatbuildr/domain';

/** What a source RPM says of architectures, in rpm's spelling: its tags ExclusiveArch, ExcludeArch and BuildArch. */
export interface RpmArchitectures {
  exclusive: string[];
  excluded: string[];
  build: string[];
}

/** For `rpm -q --qf`: prints what {@link readRpmArchitectures} reads. */
export const RPM_ARCHITECTURES = '[exclusive %{EXCLUSIVEARCH}\\n][excluded %{EXCLUDEARCH}\\n][build %{BUILDARCHS}\\n]';

/** @param text a tag and an architecture in each line; other lines are left out */
export function readRpmArchitectures(text: string): RpmArchitectures {
  const of = (tag: string) =>
    text.split('\n').flatMap((line) => (line.startsWith(`${tag} `) ? [line.slice(tag.length + 1).trim()] : []));
  return { exclusive: of('exclusive'), excluded: of('excluded'), build: of('build') };
}

/**
 * Whether rpmbuild would build for an architecture, given in Debian's spelling (rpm, `checkForValidArchitectures`). A
 * package that is for all says so by BuildArch, and is left to rpmbuild.
 */
export function makesRpmsFor({ exclusive, excluded, build }: RpmArchitectures, architecture: string): boolean {
  if (build.length > 0) return true;
  const target = archName(architecture, 'rpm');
  return !excluded.includes(target) && (exclusive.length === 0 || exclusive.includes(target));
}
