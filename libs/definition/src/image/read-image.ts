import { OSI_VERSION } from '@fatbuildr/domain';
import { mistakesFailure, place } from '../artifact/mistakes.ts';
import { readDeclared, undeclared } from '../artifact/read-declared.ts';
import { selectVersion } from '../artifact/select.ts';

/** What artifact.yml asks for when an image is made of it: a version, of no sources. */
export interface Image {
  version: string;
  warnings: string[];
}

/** Reads artifact.yml for an image. @throws Failure `rejected` that lists every mistake with its line */
export function readImage(text: string, question: { file: string; artifact: string; derivative: string }): Image {
  const { file, artifact, derivative } = question;
  const { declared, mistakes, warnings, lineOf } = readDeclared(text, file);
  if (declared.osi === undefined) mistakes.push(undeclared(declared, 'osi'));
  const selected = selectVersion(declared, artifact, derivative);
  if ('mistake' in selected) mistakes.push({ line: lineOf(selected.path), message: selected.mistake });
  else if (!OSI_VERSION.test(selected.version)) {
    const message = `${selected.version} is not a version for an image: letters, digits, . + - ~`;
    mistakes.push({ line: lineOf(selected.path), message });
  }
  if (mistakes.length > 0 || 'mistake' in selected) throw mistakesFailure(file, mistakes);
  return {
    version: selected.version,
    warnings: warnings.map(({ line, message }) => `${place(file, line)}: ${message}`),
  };
}
