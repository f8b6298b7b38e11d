import { PREVIEW_LIMIT, type PublicationResult, type RegistryPreview } from '@fatbuildr/domain';
import type { CollectReport, PublishedPackage } from '@fatbuildr/registry';
import { packageKey } from './registry-package.ts';

/** What a dry run found. */
export interface Findings {
  added?: readonly PublishedPackage[];
  removed?: readonly PublishedPackage[];
  uninstallable?: readonly { package: PublishedPackage; needs: string }[];
  collected?: CollectReport;
}

/** Tells the log of a dry run what was found, and makes it the attempt's result. */
export function previewed(
  line: (text: string) => void,
  { added = [], removed = [], uninstallable = [], collected }: Findings,
): PublicationResult {
  const shown = <T>(all: readonly T[]) => all.slice(0, PREVIEW_LIMIT);
  const preview: RegistryPreview = {
    added: shown(added).map(packageKey),
    removed: shown(removed).map(packageKey),
    uninstallable: shown(uninstallable).map(({ package: one, needs }) => ({ ...packageKey(one), needs })),
    counts: { added: added.length, removed: removed.length, uninstallable: uninstallable.length },
    collected: collected ?? null,
  };
  for (const one of preview.added) line(`would add ${named(one)}`);
  for (const one of preview.removed) line(`would remove ${named(one)}`);
  for (const one of preview.uninstallable) line(`${named(one)} could not be installed any more: it needs ${one.needs}`);
  line(summary(preview));
  return { publications: [], keyring: null, preview };
}

function named({ name, version, architecture, derivative }: RegistryPreview['added'][number]): string {
  return `${name} ${version} (${architecture}) in ${derivative}`;
}

function summary({ counts, collected }: RegistryPreview): string {
  if (collected) return `dry run: ${collectedWords(collected)} would be gone; nothing was changed`;
  const { added, removed, uninstallable } = counts;
  const broken = uninstallable === 0 ? '' : `, ${uninstallable} not installable any more`;
  return `dry run: ${added} would be added, ${removed} removed${broken}; nothing was changed`;
}

export function collectedWords({ publications, packages, files, bytes }: CollectReport): string {
  return `${publications} publications, ${packages} packages, ${files} files of ${bytes} bytes`;
}
