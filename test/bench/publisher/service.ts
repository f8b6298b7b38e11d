import { mirrorPackages } from './mirror-index.ts';
import { openBenchRegistry } from './registry.ts';

/*
 * `node service.ts DIRECTORY`: a process that holds a registry open, as the publisher does, and does what it is asked by
 * messages of [name, arguments…]; it answers each by an empty message, or by the words of an error.
 */

const registry = await openBenchRegistry(process.argv[2] as string);
const works: Record<string, (...args: never[]) => Promise<unknown>> = {
  ...registry,
  seedFromMirror: async (most: number) => registry.seedDebs(await mirrorPackages(most)),
};

process.on('message', ([name, ...args]: [string, ...never[]]) => {
  const work = works[name] as (...args: never[]) => Promise<unknown>;
  work(...args).then(
    () => process.send?.({}),
    (error: Error) => process.send?.({ error: error.stack }),
  );
});
process.on('disconnect', () => void registry.close().finally(() => process.exit()));
process.send?.({});
