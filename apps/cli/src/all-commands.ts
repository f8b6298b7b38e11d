import { commands as byName } from './commands.ts';

const loaded = Object.entries(byName).map(async ([name, load]) => [name, await load()] as const);

/** Every command, loaded: what oclif makes its help of. `package.json` names this. */
export const commands = Object.fromEntries(await Promise.all(loaded));
