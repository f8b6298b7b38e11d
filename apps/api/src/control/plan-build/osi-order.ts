import type { BuildOsiOrder, Instance, OsiDistribution } from '@fatbuildr/domain';
import type { Change } from '../context.ts';
import { unprocessable } from '../refusal.ts';
import { type BuildFor, farmRepository, type OwnRepository } from './build-for.ts';

/** The build of an OS image, with the packages of one of the instance's own distributions at hand. */
export async function osiOrder(
  tx: Change,
  instance: Instance,
  distribution: OsiDistribution,
  common: BuildFor,
  { derivatives, publicKey }: OwnRepository,
): Promise<BuildOsiOrder> {
  const { name, tag, mirrors, suites, security, keyring } = distribution;
  const target = { distribution: name, tag, mirrors, suites, security, keyring };
  const packages = packagesFor(instance, distribution);
  const published =
    packages &&
    (await tx.registry.repository({ instance: instance.id, format: packages.format, distribution: packages.name }));
  // The names of its files tell the architecture, but for the first of the instance: that of the task may be another.
  const primary = common.architecture === instance.architectures[0];
  const base = { ...common, primary, kind: 'build-osi' as const };
  if (!packages || !published) return { ...base, target: { ...target, packages: null }, farm: null };
  // A derivative of images need not be one of packages.
  const known = instance.derivatives.filter((one) => one.formats.includes(packages.format)).map((one) => one.name);
  const own = { derivatives: derivatives.filter((one) => one === 'main' || known.includes(one)), publicKey };
  return {
    ...base,
    target: { ...target, packages: packages.format },
    farm: farmRepository(instance, packages.format, packages.name, own),
  };
}

/** @throws {ProblemError} `unprocessable` when a distribution is named that there is not */
function packagesFor({ id, distributions }: Instance, { name, env, packages }: OsiDistribution) {
  const candidates = distributions.filter((one) => one.format !== 'osi');
  const found = candidates.find((one) => one.name === (packages ?? env));
  if (found || packages === undefined) return found;
  throw unprocessable(
    `The osi distribution ${name} of instance ${id} takes packages of ${packages}, which is no deb or rpm distribution.`,
    `Correct "packages" in the instance's file: ${candidates.map((one) => one.name).join(', ') || 'none is configured'}.`,
  );
}
