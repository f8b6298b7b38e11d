import { paragraph, renderDeb822 } from '@fatbuildr/domain';
import type { ManifestEntry } from '../model/publication.ts';
import type { AptRepository } from '../model/repository.ts';

const DAY_MS = 86_400_000;

/**
 * The Release file of a publication (Debian repository format).
 *
 * @param date milliseconds since the epoch; apt refuses an InRelease older than the one it has
 */
export function renderRelease(repository: AptRepository, manifest: readonly ManifestEntry[], date: number): string {
  const { origin, label, distribution, suite, codename, architectures, derivatives, validDays } = repository;
  const width = Math.max(0, ...manifest.map(({ size }) => String(size).length));
  return renderDeb822([
    paragraph([
      { name: 'Origin', value: origin },
      { name: 'Label', value: label },
      { name: 'Suite', value: suite ?? distribution },
      { name: 'Codename', value: codename ?? distribution },
      { name: 'Date', value: rfc2822(date) },
      ...(validDays === undefined ? [] : [{ name: 'Valid-Until', value: rfc2822(date + validDays * DAY_MS) }]),
      { name: 'Acquire-By-Hash', value: 'yes' },
      { name: 'No-Support-for-Architecture-all', value: 'Packages' },
      { name: 'Architectures', value: architectures.join(' ') },
      { name: 'Components', value: derivatives.join(' ') },
      {
        name: 'SHA256',
        value: manifest.map(({ path, size, sha256 }) => `\n${sha256} ${String(size).padStart(width)} ${path}`).join(''),
      },
    ]),
  ]);
}

/** As apt reads it: `Sat, 22 Nov 2025 12:00:00 UTC`. */
function rfc2822(time: number): string {
  return new Date(time).toUTCString().replace(/GMT$/, 'UTC');
}
