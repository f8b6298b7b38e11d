import type { Config } from '@fatbuildr/config';
import type { Suite } from '@fatbuildr/database';
import {
  buildFormat,
  ChangelogEntry,
  type Format,
  isRpmVersion,
  OSI_VERSION,
  ProblemError,
  parseDebVersion,
  type VersionRequest,
  type VersionResponse,
} from '@fatbuildr/domain';
import { fullDebVersion, fullOsiVersion, fullRpmVersion, nextBuildNumber, type VersionParts } from '@fatbuildr/formats';
import type { Change } from './context.ts';
import { running } from './owned.ts';
import { unprocessable } from './refusal.ts';
import type { AttemptCall } from './services.ts';
import { buildOrderOf } from './take-build.ts';

interface Versioning {
  full(parts: VersionParts): string;
  isVersion(full: string): boolean;
  /** What a version is like, after the name of what it is not. */
  hint: string;
}

const VERSIONING: Record<Format, Versioning> = {
  deb: {
    full: fullDebVersion,
    isVersion: (full) => parseDebVersion(full) !== undefined,
    hint: 'See Debian Policy 5.6.12.',
  },
  rpm: {
    full: fullRpmVersion,
    isVersion: isRpmVersion,
    hint: 'Letters, digits and . + ~ ^ _ make up the version of an RPM.',
  },
  osi: {
    full: fullOsiVersion,
    isVersion: (full) => OSI_VERSION.test(full),
    hint: 'Letters, digits and . + ~ - make up the version of an image.',
  },
};

/**
 * Gives a build its full version, one that the distribution never held in any derivative, as far as is known, and that
 * no other task was given; the same one each time the task asks. Answers with the changelog, the entry of this build first,
 * none dated after the one above it.
 */
export async function reserveVersion(
  tx: Change,
  config: Config,
  call: AttemptCall,
  request: VersionRequest,
): Promise<VersionResponse> {
  const { job } = await running(tx, call);
  const order = buildOrderOf(job);
  if (order.source.kind !== 'definition') {
    throw new ProblemError('conflict', 'A ready source package has its version; none is given to it.');
  }
  if (request.name !== order.artifact) {
    throw unprocessable(`The definition is called ${request.name}, submitted was ${order.artifact}.`);
  }
  const format = buildFormat(order);
  const { full, isVersion, hint } = VERSIONING[format];
  const suite = { instance: order.instance, format, distribution: order.target.distribution };
  const parts = { main: request.main, release: request.release, dist: order.target.tag };
  const plain = full(parts);
  if (!isVersion(plain)) throw unprocessable(`${plain} is not a version of a ${format} package.`, hint);

  let version = (await tx.versions.reservation(job.task))?.version;
  if (version === undefined) {
    const used = await Promise.all([
      tx.published.sourceVersions(suite, request.name),
      tx.versions.reserved(suite, request.name),
      builtVersions(tx, suite, request.name),
    ]);
    const build = nextBuildNumber(plain, used.flat());
    version = full(build === undefined ? parts : { ...parts, build });
    await tx.versions.reserve({ task: job.task, ...suite, name: request.name, version });
    await tx.tasks.update(job.task, { version });
    tx.changedTasks.add(job.task);
  }
  const { derivative } = order;
  // Published in another order than submitted, maybe; rpmbuild wants the dates to descend.
  const earlier = (await entries(tx.versions.changelog(suite, request.name, { derivative }))).toSorted(
    (one, other) => other.timestamp - one.timestamp,
  );
  const entry: ChangelogEntry = {
    version,
    distribution: order.target.distribution,
    author: order.submitter,
    message: order.message,
    timestamp: Math.max(order.submitted, earlier[0]?.timestamp ?? 0),
    taskId: job.task,
    instance: order.instance,
  };
  return {
    full: version,
    fullRelease: version.slice(version.lastIndexOf('-') + 1),
    changelog: [entry, ...earlier],
  };
}

/** The versions of an artifact that were built here and published, also those that no publication holds any more. */
async function builtVersions(tx: Change, suite: Suite, artifact: string): Promise<string[]> {
  return (await entries(tx.versions.changelog(suite, artifact, {}))).map(({ version }) => version);
}

async function entries(texts: Promise<string[]>): Promise<ChangelogEntry[]> {
  return (await texts).map((text) => ChangelogEntry.parse(JSON.parse(text)));
}
