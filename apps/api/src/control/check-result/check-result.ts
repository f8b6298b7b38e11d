import { type BuildOrder, type BuildResult, type FileRef, handsInSource } from '@fatbuildr/domain';
import { debRules } from './deb-rules.ts';
import { type FormatRules, type Ordered } from './format-rules.ts';
import { osiRules } from './osi-rules.ts';
import { rpmRules } from './rpm-rules.ts';

interface Claim {
  order: BuildOrder;
  /** The version of the task; null as long as nobody said that of a ready source package. */
  known: string | null;
  result: BuildResult;
  /** What the attempt uploaded, as the server hashed it. */
  uploaded: readonly FileRef[];
}

const RULES: Record<BuildOrder['kind'], FormatRules> = {
  'build-deb': debRules,
  'build-rpm': rpmRules,
  'build-osi': osiRules,
};

/**
 * What is wrong with the result of a build, held against its order; empty when nothing is. Only names, digests and
 * versions: what stands in the packages is read by the publisher, where nothing of it can do harm.
 */
export function buildResultFaults(claim: Claim): string[] {
  const rules = RULES[claim.order.kind];
  const { source, files } = claim.result;
  const { architecture, primary, part } = claim.order;
  const ordered: Ordered = { architecture, primary, source, part, withSource: handsInSource(claim.order) };
  return [
    ...sourceFaults(claim, rules),
    ...claim.result.files.flatMap(
      (file) => uploadFault(file, claim.uploaded) ?? rules.fileFault(file.name, ordered) ?? [],
    ),
    ...repeated(files).map((name) => `${name} is named twice`),
    ...(isNothing(claim)
      ? []
      : rules.setFaults(
          files.map(({ name }) => name),
          ordered,
        )),
  ];
}

/** A source package may have nothing for a further architecture. */
function isNothing({ order, result }: Claim): boolean {
  return !order.primary && order.kind !== 'build-osi' && result.files.length === 0;
}

function sourceFaults({ order, known, result: { source } }: Claim, rules: FormatRules): string[] {
  const faults: string[] = [];
  if (order.artifact !== null && source.name !== order.artifact) {
    faults.push(`it is of ${source.name}, ordered was ${order.artifact}`);
  }
  if (!rules.isVersion(source.version)) faults.push(`${source.version} is not a version of a ${rules.kind} package`);
  if (source.version !== known && (known !== null || order.source.kind === 'definition')) {
    faults.push(`its version is ${source.version}, given was ${known ?? 'none'}`);
  }
  return faults;
}

function uploadFault(file: FileRef, uploaded: readonly FileRef[]): string | undefined {
  const found = uploaded.find(({ name }) => name === file.name);
  if (!found) return `${file.name} was not uploaded`;
  if (found.sha256 === file.sha256 && found.size === file.size) return undefined;
  return `${file.name} was uploaded with other bytes`;
}

function repeated(files: readonly FileRef[]): string[] {
  const names = files.map(({ name }) => name);
  return names.filter((name, index) => names.indexOf(name) !== index);
}
