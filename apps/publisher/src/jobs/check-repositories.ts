import { Failure, type RegistryCheckOrder } from '@fatbuildr/domain';
import type { CheckFinding, CheckReport } from '@fatbuildr/registry';
import type { Work } from '../attempt/job.ts';
import type { Workshop } from './workshop.ts';

/** A log is for people: of more only the number is told. */
const MOST_FINDINGS = 1000;

/**
 * Reads everything that an instance publishes again, tells what is damaged, missing or named by nothing, and mends what
 * can be, unless it is a dry run.
 *
 * @throws Failure `publish-failure` when something is damaged or missing and stays so
 */
export function checkRepositories({ care, telling, blobPath }: Workshop): Work<RegistryCheckOrder> {
  return async ({ order, signal, line, phase, commit }) => {
    const { instance, dryRun } = order;
    let findings = 0;
    const found = (finding: CheckFinding) => {
      findings += 1;
      if (findings <= MOST_FINDINGS) line(findingWords(finding));
    };
    const progress = (files: number) => line(`read ${files} files`);
    const report = await phase('check', () =>
      care.check({ instance, dryRun, signal, found, progress, commit, copyOf: blobPath }),
    );
    if (findings > MOST_FINDINGS) line(`and ${findings - MOST_FINDINGS} more, which are not listed`);
    line(reportWords(report));
    if (report.mended > 0) await telling.everything();
    const left = report.damaged + report.missing - report.mended;
    if (left > 0) {
      throw new Failure('publish-failure', `${left} published files are damaged or missing`, {
        hint: 'the log of the task names each of them, and says what to do about it',
      });
    }
    return { publications: [], keyring: null, preview: null };
  };
}

function findingWords({ kind, path, message, hint }: CheckFinding): string {
  return `${kind === 'past' ? 'damaged in the past' : kind}: ${path}: ${message}\n    ${hint}`;
}

function reportWords({ files, bytes, damaged, missing, past, foreign, mended }: CheckReport): string {
  const words = [
    `${damaged} damaged`,
    `${missing} missing`,
    ...(past > 0 ? [`${past} of earlier publications`] : []),
    `${foreign} that nothing names`,
    ...(mended > 0 ? [`${mended} mended`] : []),
  ];
  return `read ${files} files of ${bytes} bytes: ${words.join(', ')}`;
}
