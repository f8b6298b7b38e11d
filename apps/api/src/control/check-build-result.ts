import {
  type BuildDebOrder,
  type BuildResult,
  DEB_RESULT_FILE,
  type FileRef,
  parseDebVersion,
  withoutEpoch,
} from '@fatbuildr/domain';

interface Claim {
  order: BuildDebOrder;
  /** The version given to the task; undefined for a ready source package. */
  reserved: string | undefined;
  result: BuildResult;
  /** What the attempt uploaded, as the server hashed it. */
  uploaded: readonly FileRef[];
}

/**
 * What is wrong with the result of a build, held against its order; empty when nothing is. Only names, digests and
 * versions: what stands in the packages is read by the publisher, where nothing of it can do harm.
 */
export function buildResultFaults(claim: Claim): string[] {
  return [...sourceFaults(claim), ...fileFaults(claim), ...setFaults(claim)];
}

function sourceFaults({ order, reserved, result: { source } }: Claim): string[] {
  const faults: string[] = [];
  if (order.artifact !== null && source.name !== order.artifact) {
    faults.push(`it is of ${source.name}, ordered was ${order.artifact}`);
  }
  if (!parseDebVersion(source.version)) faults.push(`${source.version} is not a Debian version`);
  if (order.source.kind === 'definition' && source.version !== reserved) {
    faults.push(`its version is ${source.version}, given was ${reserved ?? 'none'}`);
  }
  return faults;
}

function fileFaults({ order, result, uploaded }: Claim): string[] {
  const byName = new Map(uploaded.map((file) => [file.name, file]));
  const names = result.files.map((file) => file.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is named twice`);
  const allowed = order.primary ? [order.architecture, 'all'] : [order.architecture];
  return [
    ...twice,
    ...result.files.flatMap((file) => {
      const found = byName.get(file.name);
      if (!DEB_RESULT_FILE.test(file.name)) return [`${file.name} is no file of a Debian build`];
      if (!found) return [`${file.name} was not uploaded`];
      if (found.sha256 !== file.sha256 || found.size !== file.size)
        return [`${file.name} was uploaded with other bytes`];
      const architecture = /_([^_]+)\.(?:deb|udeb|ddeb)$/.exec(file.name)?.[1];
      return architecture === undefined || allowed.includes(architecture)
        ? []
        : [`${file.name} is for ${architecture}, ordered was ${allowed.join(' or ')}`];
    }),
  ];
}

/** One .changes, packages, and the source package from the job that hands it in. */
function setFaults({ order, result: { source, files } }: Claim): string[] {
  const faults: string[] = [];
  const stem = `${source.name}_${withoutEpoch(source.version)}`;
  const names = files.map((file) => file.name);
  const changes = names.filter((name) => name.endsWith('.changes'));
  const expected = `${stem}_${order.architecture}.changes`;
  if (changes.length !== 1 || changes[0] !== expected)
    faults.push(`${expected} is missing or not the only .changes file`);
  if (!names.some((name) => name.endsWith('.deb') || name.endsWith('.udeb'))) faults.push('there is no package');
  if (order.primary && !names.includes(`${stem}.dsc`)) faults.push(`${stem}.dsc is missing`);
  if (names.filter((name) => name.endsWith('.dsc')).length > 1) faults.push('there is more than one .dsc file');
  return faults;
}
