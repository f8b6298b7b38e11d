import type { PackageKey, RegistryPreview } from '@fatbuildr/domain';
import { brokenWords } from '@fatbuildr/domain/client-side';
import { bytes } from '../../output/units.ts';

/** What would change, a line each; long lists end with how many there are. */
export function previewWords({ added, removed, uninstallable, counts, collected }: RegistryPreview): string {
  const lines = [
    ...added.map((one) => `+ ${named(one)}`),
    ...more(added.length, counts.added, 'added'),
    ...removed.map((one) => `- ${named(one)}`),
    ...more(removed.length, counts.removed, 'removed'),
    ...uninstallable.map((one) => `${one.certain ? '!' : '?'} ${brokenWords(one, named(one))}`),
    ...more(uninstallable.length, counts.uninstallable + counts.unsure, 'perhaps not installable any more'),
  ];
  if (collected) {
    const { publications, packages, files, bytes: size } = collected;
    lines.push(
      `${publications} publications, ${packages} packages and ${files} files would be gone, ${bytes(size)} in all.`,
    );
  }
  return lines.length > 0 ? lines.join('\n') : 'Nothing would change.';
}

function named({ name, version, architecture, derivative }: PackageKey): string {
  return `${name} ${version} (${architecture}) in ${derivative}`;
}

function more(shown: number, all: number, what: string): string[] {
  return all > shown ? [`  … ${all} ${what} in all`] : [];
}
