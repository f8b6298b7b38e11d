import {
  type BuildOrder,
  type BuildResult,
  type FileRef,
  handsInCommon,
  handsInSource,
  isOneOfSeveral,
} from '@fatbuildr/domain';
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
  const { architecture, part } = claim.order;
  const withSource = handsInSource(claim.order);
  const names = files.map(({ name }) => name);
  const faultsOf = (ordered: Ordered) => [
    ...names.flatMap((name) => rules.fileFault(name, ordered) ?? []),
    ...rules.setFaults(names, ordered),
  ];
  const primary = handsInCommon(claim.order, source.architectures);
  const whole: Ordered = { architecture, primary, source, part, withSource };
  return [
    ...sourceFaults(claim, rules),
    ...architectureFaults(claim),
    ...files.flatMap((file) => uploadFault(file, claim.uploaded) ?? []),
    ...repeated(names).map((name) => `${name} is named twice`),
    ...(mayBeNothing(claim.order) && isNothing(names, faultsOf, whole) ? [] : faultsOf(whole)),
  ];
}

/** A source package may have nothing for an architecture, where others are built as well. */
function mayBeNothing(order: BuildOrder): boolean {
  return order.kind !== 'build-osi' && isOneOfSeveral(order) && order.part !== 'source';
}

/** No file, or the source package by itself from whose job is to hand it in. */
function isNothing(names: readonly string[], faultsOf: (ordered: Ordered) => string[], whole: Ordered): boolean {
  return whole.withSource ? faultsOf({ ...whole, part: 'source' }).length === 0 : names.length === 0;
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

/** What an RPM says to make packages for is taken from what was ordered, and goes with what the job hands in. */
function architectureFaults({ order, result: { source, files } }: Claim): string[] {
  const { architectures: said } = source;
  if (said === undefined) return [];
  if (order.kind !== 'build-rpm' || !isOneOfSeveral(order)) return ['it was not asked for architectures'];
  const { architectures: ordered = [] } = order;
  if (said.join() !== ordered.filter((one) => said.includes(one)).join()) {
    return [`it is said to be for ${said.join(', ')}, ordered was ${ordered.join(', ')}`];
  }
  if (order.part === 'source' || said.includes(order.architecture) || !hasPackages(files)) return [];
  return [`it is said to be for ${said.join(', ') || 'none'}, and has packages for ${order.architecture}`];
}

function uploadFault(file: FileRef, uploaded: readonly FileRef[]): string | undefined {
  const found = uploaded.find(({ name }) => name === file.name);
  if (!found) return `${file.name} was not uploaded`;
  if (found.sha256 === file.sha256 && found.size === file.size) return undefined;
  return `${file.name} was uploaded with other bytes`;
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

/** Whether packages are among these files, or the source package alone. */
export function hasPackages(files: readonly FileRef[]): boolean {
  return files.some(({ name }) => /\.(?:u?deb|ddeb|rpm)$/.test(name) && !name.endsWith('.src.rpm'));
}
