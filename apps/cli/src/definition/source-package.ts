import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDeb822 } from '@fatbuildr/domain';
import { UsageError } from '../output/report-error.ts';

/** The files of a Debian source package: the .dsc and what its Checksums-Sha256 lists, all in one directory. */
export function sourcePackageFiles(dsc: string): { dsc: string; files: string[] } {
  const listed = checksumLines(dsc).map((line) => line.trim().split(/\s+/)[2] ?? '');
  const files = listed.map((name) => join(dirname(dsc), name));
  if (files.length === 0) throw new UsageError(`${dsc} lists no files.`, 'Is it a Debian source package (dsc(5))?');
  const missing = files.filter((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
  if (missing.length > 0) {
    throw new UsageError(
      `${dsc} lists files that are not there: ${missing.join(', ')}`,
      'Get the whole source package: apt-get source --download-only NAME',
    );
  }
  return { dsc, files };
}

function checksumLines(dsc: string): string[] {
  const [paragraph] = parseDeb822(readFileSync(dsc, 'utf8'));
  const field = paragraph?.get('Checksums-Sha256') ?? '';
  return field.split('\n').filter((line) => line.trim() !== '');
}
