import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { maxResultBytes, type PrepareRequest, prepareProgram } from '@fatbuildr/definition';
import { Failure } from '@fatbuildr/domain';
import { readUntrusted } from '../../files/untrusted.ts';
import type { Job } from '../job.ts';
import { exitStatus, type JobContainer, runInImage } from '../run-in-image.ts';
import { type Build, ORDINARY_USER } from './build.ts';

/** Where the workspace of `prepare`, our code and Node are in its container. */
export const PREPARE_ROOT = '/work';
const CODE = '/opt/fatbuildr/code';
const NODE = '/opt/fatbuildr/node';

/** The request but for its result file, which is ours to choose. */
export type PrepareTask = PrepareRequest extends infer R ? (R extends unknown ? Omit<R, 'result'> : never) : never;

/**
 * Runs `prepare` on what a user sent: as an ordinary user, without network unless told otherwise, with our code bound
 * read-only.
 * Returns the text of its result, which is to be read with the readers of its protocol.
 */
export async function runPrepare(
  { host, job, image, directory }: Pick<Build, 'host' | 'image' | 'directory'> & { job: Job },
  task: PrepareTask,
  { mounts = [], ...container }: Pick<JobContainer, 'mounts' | 'network'> = {},
): Promise<string> {
  const { command } = task;
  const result = join(directory.prepare, `${command}-result.json`);
  const request = join(directory.prepare, `${command}.json`);
  // An earlier `prepare` may have left anything under these names.
  for (const path of [request, result]) await rm(path, { recursive: true, force: true });
  const text = JSON.stringify({ ...task, result: `${PREPARE_ROOT}/${command}-result.json` });
  await writeFile(request, text, { flag: 'wx' });
  const exit = await runInImage(host, job, image.root, {
    name: command,
    command: [
      NODE,
      '--disable-warning=ExperimentalWarning',
      join(CODE, relative(host.code, prepareProgram)),
      command,
      `${PREPARE_ROOT}/${command}.json`,
    ],
    user: ORDINARY_USER.name,
    workingDirectory: PREPARE_ROOT,
    environment: { LANG: 'C.UTF-8', HOME: PREPARE_ROOT, TMPDIR: '/tmp' },
    ...container,
    mounts: [
      { source: directory.prepare, target: PREPARE_ROOT },
      { source: process.execPath, target: NODE, readOnly: true },
      { source: join(host.code, 'libs'), target: `${CODE}/libs`, readOnly: true },
      { source: join(host.code, 'node_modules'), target: `${CODE}/node_modules`, readOnly: true },
      ...mounts,
    ],
  });
  const answer = await readUntrusted(result, maxResultBytes);
  if (answer !== undefined) return answer;
  throw new Failure(
    'infrastructure-failure',
    `prepare ${command} ended with status ${exitStatus(exit)} and no result.`,
    {
      hint: 'The log shows what it printed.',
    },
  );
}
