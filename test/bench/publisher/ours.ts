import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeOptions } from '@fatbuildr/daemon/src/parts.ts';
import { memoryOf } from '../processes.ts';
import { root } from '../report.ts';
import { type Cost, costOfWork } from './measure.ts';
import type { BenchRegistry } from './registry.ts';

type Works = BenchRegistry & { seedFromMirror(most: number): Promise<void> };

/** A registry in a process of its own. */
export interface OurRegistry {
  /** Has one work done, and says what it took. */
  cost<Name extends keyof Works>(name: Name, ...args: Parameters<Works[Name]>): Promise<Cost>;
  /** Resident memory of the process now and at its highest, without its readers, bytes. */
  memory(): Promise<{ resident: number; peak: number }>;
  stop(): Promise<void>;
}

/** Starts the process that holds the registry in a directory. */
export async function startOurs(directory: string): Promise<OurRegistry> {
  const child = fork(join(root, 'test/bench/publisher/service.ts'), [directory], {
    execArgv: nodeOptions('publisher'),
  });
  const answer = async () => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => [{ error: `the registry's process ended with ${code}` }]),
    ])) as [{ error?: string }];
    if (message.error) throw new Error(message.error);
  };
  await answer();
  const pid = child.pid as number;
  return {
    cost: (name, ...args) =>
      costOfWork(pid, async () => {
        child.send([name, ...args]);
        await answer();
      }),
    memory: () => memoryOf(pid),
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
