import { Failure } from '@fatbuildr/domain';
import type { Registry } from '../model/registry.ts';
import type { Repository } from '../model/repository.ts';
import type { PackageIdentity } from '../model/staging.ts';
import { identityOf, some } from './select.ts';

/** What becomes of a package whose content is known. */
export type Verdict = 'wanted' | 'there' | 'conflict';

/** Compares what comes with what is published, and with what came before it. */
export function openConflicts(
  registry: Pick<Registry, 'list'>,
  { instance, format, distribution }: Repository,
  derivative: string,
) {
  const coming = new Map<string, string>();
  const conflicts: string[] = [];

  const present = ({ kind, name, version, architecture }: PackageIdentity) =>
    registry.list({ instance, format, distribution, name, version, architecture }).filter((one) => one.kind === kind);

  return {
    /** Whether that version is published, with whatever content. */
    isTaken: (one: PackageIdentity) => present(one).length > 0,
    judge(one: PackageIdentity, content: string): Verdict {
      const identity = identityOf(one);
      const there = present(one);
      const first = coming.get(identity) ?? there[0]?.content ?? content;
      if (first !== content) {
        conflicts.push(`${one.name} ${one.version} (${one.architecture})`);
        return 'conflict';
      }
      if (there.some((each) => each.derivative === derivative)) return 'there';
      if (coming.has(identity)) return 'there';
      coming.set(identity, content);
      return 'wanted';
    },
    count: () => conflicts.length,
    /** @throws Failure `rejected` when there are any, unless they are to be left out: then they are told */
    settle(skip: boolean, line: (text: string) => void): void {
      if (conflicts.length === 0) return;
      const words = `${conflicts.length === 1 ? 'a package' : `${conflicts.length} packages`} that ${distribution} has, or is given twice, with other content`;
      if (!skip) {
        throw new Failure('rejected', `there ${conflicts.length === 1 ? 'is' : 'are'} ${words}: ${some(conflicts)}`, {
          hint: 'leave them out with --skip-conflicts, or delete those that are published first; nothing was taken over',
        });
      }
      line(`left out: ${words}: ${some(conflicts)}`);
      conflicts.length = 0;
    },
  };
}
