import { artifactName, type Format } from '@fatbuildr/domain';
import { UsageError } from '../output/report-error.ts';

/**
 * That an artifact of a format can be called so, asked before anything is packed or sent.
 *
 * @throws {UsageError} when it cannot
 */
export function requireArtifactName(format: Format, name: string): void {
  const [issue] = artifactName(format).safeParse(name).error?.issues ?? [];
  if (issue === undefined) return;
  throw new UsageError(
    `"${name}" cannot be the name of an artifact of format ${format}.`,
    `Expected is ${issue.message}. By default it is the name of the directory; name it: -a ARTIFACT`,
  );
}
