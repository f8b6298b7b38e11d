import { brokenWords, PREVIEW_LIMIT, type PublicationResult, type RegistryPreview } from '@fatbuildr/domain';
import type { CollectReport, Impact, PublishedPackage, PublishResult } from '@fatbuildr/registry';
import { packageKey } from './registry-package.ts';

/** What a dry run found. */
export interface Findings {
  added?: readonly PublishedPackage[];
  removed?: readonly PublishedPackage[];
  metadata?: PublishResult['metadata'];
  uninstallable?: readonly Impact[];
  collected?: CollectReport;
}

/** Tells the log of a dry run what was found, and makes it the attempt's result. */
export function previewed(
  line: (text: string) => void,
  { added = [], removed = [], metadata = [], uninstallable = [], collected }: Findings,
): PublicationResult {
  const certain = uninstallable.filter((one) => one.certain).length;
  const broken = { uninstallable: certain, unsure: uninstallable.length - certain };
  const shown = <T>(all: readonly T[]) => all.slice(0, PREVIEW_LIMIT);
  const preview: RegistryPreview = {
    added: shown(added).map(packageKey),
    removed: shown(removed).map(packageKey),
    uninstallable: shown(uninstallable).map(({ package: one, needs, certain }) => ({
      ...packageKey(one),
      needs,
      certain,
    })),
    counts: { added: added.length, removed: removed.length, ...broken },
    collected: collected ?? null,
  };
  for (const one of preview.added) line(`would add ${named(one)}`);
  for (const one of preview.removed) line(`would remove ${named(one)}`);
  for (const one of metadata) line(`would pass on ${metadataWords(one)}`);
  for (const one of preview.uninstallable) line(brokenWords(one, named(one)));
  line(summary(preview));
  return { publications: [], keyring: null, preview };
}

/** Tells the log what a change broke, the first of many. */
export function tellBroken(line: (text: string) => void, broken: readonly Impact[]): void {
  for (const one of broken.slice(0, PREVIEW_LIMIT)) line(brokenWords(one, named(packageKey(one.package))));
  if (broken.length > PREVIEW_LIMIT) line(`and ${broken.length - PREVIEW_LIMIT} packages more`);
}

function named({ name, version, architecture, derivative }: RegistryPreview['added'][number]): string {
  return `${name} ${version} (${architecture}) in ${derivative}`;
}

export function metadataWords({ derivative, type, architecture }: PublishResult['metadata'][number]): string {
  return `${type} of ${architecture} in ${derivative}`;
}

function summary({ counts, collected }: RegistryPreview): string {
  if (collected) return `dry run: ${collectedWords(collected)} would be gone; nothing was changed`;
  const { added, removed, uninstallable, unsure } = counts;
  const surely = uninstallable === 0 ? '' : `, ${uninstallable} not installable any more`;
  const broken = unsure === 0 ? surely : `${surely}, ${unsure} perhaps not`;
  return `dry run: ${added} would be added, ${removed} removed${broken}; nothing was changed`;
}

export function collectedWords({ publications, packages, files, bytes }: CollectReport): string {
  return `${publications} publications, ${packages} packages, ${files} files of ${bytes} bytes`;
}
