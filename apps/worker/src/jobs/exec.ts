import { type ExecOrder, Failure } from '@fatbuildr/domain';
import { environmentId, imageId } from '../trees/tree-id.ts';
import type { Host } from './host.ts';
import type { Work } from './job.ts';
import { exitStatus, runInImage } from './run-in-image.ts';

/** Runs a command as root in a throw-away copy of a tool image or build environment, without network. */
export function exec(host: Host): Work<ExecOrder> {
  return async (job) => {
    const { format, environment, command } = job.order;
    const tree = environment
      ? await host.trees.use(
          environmentId(environment),
          `fatbuildrctl images env-create --instance ${environment.instance} -f ${format}`,
        )
      : await host.trees.use(imageId(format, host.architecture), `fatbuildrctl images create -f ${format}`);
    job.defer(async () => tree.release());
    const { generation } = tree.held;
    await job.api.trees({ image: environment ? null : generation, environment: environment ? generation : null });
    const exit = await job.phase('exec', () =>
      runInImage(host, job, tree.root, {
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
