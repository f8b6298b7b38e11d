import { Deb822Error, Failure, FileRef, type Paragraph, parseDeb822 } from '@fatbuildr/domain';

/** What a `.changes` or `.buildinfo` file says of a build (deb-changes(5)). */
export interface Changes {
  source: string;
  version: string;
  /** As the field has it: `amd64`, `all`, `source`. */
  architectures: string[];
  distribution: string;
  /** Every file that belongs to the build, with its sha256. */
  files: FileRef[];
}

/**
 * What a `.changes` file says, signed or not.
 *
 * @throws Failure `build-failure` when it is not one: it comes out of the build and is not trusted to be whole.
 */
export function parseChanges(text: string): Changes {
  const only = onlyParagraph(text);
  const field = (name: string) => {
    const value = only.get(name);
    if (value === undefined || value === '') throw broken(`it has no field ${name}`);
    return value;
  };
  return {
    source: field('Source').split(' ')[0] ?? '',
    version: field('Version'),
    architectures: field('Architecture').split(/\s+/),
    distribution: field('Distribution'),
    files: parseSha256List(field('Checksums-Sha256')),
  };
}

function onlyParagraph(text: string): Paragraph {
  try {
    const [only, ...more] = parseDeb822(text);
    if (!only || more.length > 0) throw broken('expected exactly one paragraph');
    return only;
  } catch (error) {
    if (error instanceof Deb822Error) throw broken(`line ${error.line}: ${error.message}`);
    throw error;
  }
}

function parseSha256List(value: string): FileRef[] {
  const lines = value.split('\n').filter((line) => line.trim() !== '');
  const files = lines.map((line) => {
    const [sha256, size, name, ...more] = line.trim().split(/\s+/);
    const parsed = FileRef.safeParse({ name, size: Number(size), sha256 });
    if (!parsed.success || more.length > 0) throw broken(`"${line.trim()}" in Checksums-Sha256 is not a file`);
    return parsed.data;
  });
  if (new Set(files.map(({ name }) => name)).size < files.length) throw broken('a file is listed twice');
  return files;
}

function broken(why: string): Failure {
  return new Failure('build-failure', `The .changes file of the build cannot be used: ${why}`);
}
