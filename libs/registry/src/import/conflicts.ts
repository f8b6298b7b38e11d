import { Failure } from '@fatbuildr/domain';
import { openRivals } from '../engine/rivals.ts';
import { FORMATS } from '../formats.ts';
import type { Registry } from '../model/registry.ts';
import type { Repository } from '../model/repository.ts';
import type { PackageIdentity } from '../model/staging.ts';
import { identityOf, some } from './select.ts';

/** What becomes of a package whose content is known. */
export type Verdict = 'wanted' | 'there' | 'conflict';

/** Compares what comes with what is published, with what was, and with what came before it. */
export function openConflicts(
  registry: Pick<Registry, 'list' | 'former' | 'versions'>,
  definition: Repository,
  derivative: string,
) {
  const { instance, format, distribution } = definition;
  const coming = new Map<string, string>();
  const found: string[] = [];

  const ref = { instance, format, distribution };
  const rivals = openRivals(FORMATS[format], definition, (name) => registry.versions(ref, name));

  const present = ({ kind, name, version, architecture }: PackageIdentity) =>
    registry.list({ ...ref, name, version, architecture }).filter((one) => one.kind === kind);
  const former = ({ kind, name, version, architecture }: PackageIdentity, content: string) =>
    registry.former(ref, { kind, name, version, architecture, content });

  return {
    /** Whether that version is published, or was, with whatever content. */
    isTaken: (one: PackageIdentity) => present(one).length > 0 || former(one, '') !== undefined,
    judge(one: PackageIdentity, content: string): Verdict {
      const identity = identityOf(one);
      const there = present(one);
      const published = rivals.of(one).map((each) => ({ ...one, ...each }));
      const own = coming.get(identity) ?? there[0]?.content;
      const first =
        own ?? published.map((each) => coming.get(identityOf(each)) ?? present(each)[0]?.content).find(isThere);
      const last = first === undefined ? published.map((each) => former(each, content)?.last).find(isThere) : undefined;
      if (last !== undefined || (first ?? content) !== content) {
        found.push(conflictName(one, last));
        return 'conflict';
      }
      if (there.some((each) => each.derivative === derivative)) return 'there';
      if (coming.has(identity)) return 'there';
      coming.set(identity, content);
      return 'wanted';
    },
    /** Those that were found since it was asked last. */
    found: () => found.splice(0),
  };
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

/** @param last the publication that had its version last, where none has it now */
export function conflictName({ name, version, architecture }: Omit<PackageIdentity, 'kind'>, last?: number): string {
  return `${name} ${version} (${architecture}${last === undefined ? '' : `; published up to revision ${last}`})`;
}

/** How conflicts are dealt with. */
export interface Settling {
  repository: Repository;
  /** They are to be left out: then they are told. */
  skipConflicts: boolean;
  line(text: string): void;
}

/** @throws Failure `rejected` when there are any, unless they are to be left out */
export function settleConflicts(conflicts: readonly string[], { repository, skipConflicts, line }: Settling): void {
  const count = conflicts.length;
  if (count === 0) return;
  const words =
    `${count === 1 ? 'a package' : `${count} packages`} that ${repository.distribution} has or had, or is given twice, ` +
    `with other content: ${some(conflicts)}`;
  if (skipConflicts) {
    line(`left out: ${words}`);
    return;
  }
  throw new Failure('rejected', `there ${count === 1 ? 'is' : 'are'} ${words}`, {
    hint: 'a version is used once, and what clients have from here stays: leave them out with --skip-conflicts; nothing was taken over',
  });
}
