import { type ExecOrder, Failure, type ShellOrder } from '@fatbuildr/domain';
import type { UsedTree } from '../trees/tree-store.ts';
import { systemIn, useEnvironment, useImage } from './held-trees.ts';
import type { Host } from './host.ts';
import type { Job, Work } from './job.ts';
import { exitStatus, runInImage } from './run-in-image.ts';

/** Runs a command as root in a throw-away copy of a tool image or build environment, without network. */
export function exec(host: Host): Work<ExecOrder> {
  return async (job) => {
    const { command } = job.order;
    const tree = await useTree(host, job);
    const exit = await job.phase('exec', async () =>
      runInImage(host, job, await systemIn(tree), {
        name: 'exec',
        command: command as [string, ...string[]],
        environment: { LANG: 'C.UTF-8' },
      }),
    );
    const status = exitStatus(exit);
    if (status === 0) return { build: null };
    throw new Failure('build-failure', `The command ended with status ${status}.`, {
      hint: status === 127 ? `Is there a ${command[0]} in it?` : 'The log shows what it printed.',
    });
  };
}

/** Takes the image or environment that an order names, until the job is over, and tells the api which it is. */
export async function useTree(host: Host, job: Job<ExecOrder | ShellOrder>): Promise<UsedTree> {
  const { format, environment } = job.order;
  const tree = environment ? await useEnvironment(host, job, environment) : await useImage(host, job, format);
  const { generation } = tree.held;
  await job.api.trees({ image: environment ? null : generation, environment: environment ? generation : null });
  return tree;
}
