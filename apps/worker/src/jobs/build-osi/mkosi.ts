import { type BuildOsiOrder, Failure } from '@fatbuildr/domain';
import { createMkosiFollower, type ImageSettings, mkosiArchitecture, readImageSettings } from '@fatbuildr/formats';
import type { Build } from '../build/build.ts';
import { followMkosi } from '../mkosi-output.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import type { Archives } from './archives.ts';
import type { OrderedImage } from './inspect.ts';

/** Where things are in the container. */
const DEFINITION = '/fatbuildr/definition';
const SANDBOX = '/fatbuildr/sandbox';
export const OUTPUT = '/fatbuildr/output';

/** Longer than any summary. */
const MOST_SUMMARY = 4 * 1024 ** 2;

/** What mkosi makes of the definition. @throws Failure `rejected` with what mkosi says of a configuration it cannot read */
export async function imageSettings(build: Build<BuildOsiOrder>, image: OrderedImage): Promise<ImageSettings> {
  const { host, job } = build;
  let summary = '';
  let said = '';
  const exit = await runInImage(host, job, build.image.root, {
    name: 'summary',
    command: [...mkosi(build, image), '--json', 'summary'],
    environment: { LANG: 'C.UTF-8' },
    mounts: [definitionMount(image)],
    onStdout: (chunk) => {
      if (summary.length < MOST_SUMMARY) summary += chunk.toString();
    },
    onOutput: (chunk) => {
      job.log.output(chunk);
      if (said.length < MOST_SUMMARY) said += chunk.toString();
    },
  });
  const status = exitStatus(exit);
  const failure = createMkosiFollower();
  for (const line of said.split('\n')) failure.line(line);
  if (status === 127) throw failure.end(status) as Failure;
  if (status === 0) return readImageSettings(summary);
  const message = (failure.end(status)?.message ?? '')
    .replace('mkosi failed', 'mkosi cannot read the definition')
    .replaceAll(`${DEFINITION}/`, '');
  throw new Failure('rejected', message, {
    hint: 'See mkosi(1) of mkosi 25 for its settings.',
    where: image.configuration,
  });
}

/**
 * Builds the image into the result directory. mkosi works there too: it stacks overlays of its own, which the overlay of
 * the container cannot hold.
 */
export async function buildImage(
  build: Build<BuildOsiOrder>,
  image: OrderedImage,
  { format }: ImageSettings,
  { network, options, sandbox }: Archives,
): Promise<void> {
  const { host, job, directory } = build;
  const output = followMkosi(job, format);
  const exit = await runInImage(host, job, build.image.root, {
    name: 'build',
    command: [
      ...mkosi(build, image),
      ...[`--sandbox-tree=${SANDBOX}`, `--proxy-url=${network.proxyUrl}`, `--workspace-directory=${OUTPUT}`],
      ...options,
      'build',
    ],
    network: network.network,
    environment: { LANG: 'C.UTF-8' },
    mounts: [
      definitionMount(image),
      { source: sandbox, target: SANDBOX, readOnly: true },
      { source: directory.result, target: OUTPUT },
    ],
    onOutput: output.onOutput,
  }).finally(output.end);
  job.log.line(network.summary());
  const failure = output.failure(exitStatus(exit));
  if (failure) throw failure;
}

/** mkosi with what the farm decides, whatever the definition says of it. */
function mkosi(
  { job }: Build<BuildOsiOrder>,
  { name, version, stem, configuration }: OrderedImage,
): [string, ...string[]] {
  return [
    'mkosi',
    ...[`--directory=${DEFINITION}/osi`, `--include=${DEFINITION}/${configuration}`],
    ...[`--image-id=${name}`, `--image-version=${version}`, `--output=${stem}`, `--output-directory=${OUTPUT}`],
    ...[`--architecture=${mkosiArchitecture(job.order.architecture)}`, '--checksum=no'],
  ];
}

function definitionMount({ definition }: OrderedImage) {
  return { source: definition, target: DEFINITION, readOnly: true };
}
