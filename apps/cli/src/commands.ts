import type { CommandClass } from './farm-command.ts';

/** Every command under the words that call it. Only the one that is asked for is loaded. */
export const commands: Readonly<Record<string, () => Promise<CommandClass>>> = {
  archives: async () => (await import('./commands/list.ts')).History,
  audit: async () => (await import('./commands/audit.ts')).Audit,
  build: async () => (await import('./commands/build.ts')).Build,
  cancel: async () => (await import('./commands/cancel.ts')).Cancel,
  download: async () => (await import('./commands/download.ts')).Download,
  history: async () => (await import('./commands/list.ts')).History,
  'images:create': async () => (await import('./commands/images/tool-images.ts')).ImagesCreate,
  'images:env-create': async () => (await import('./commands/images/environments.ts')).EnvironmentsCreate,
  'images:env-exec': async () => (await import('./commands/images/exec.ts')).EnvironmentsExec,
  'images:env-shell': async () => (await import('./commands/images/shell.ts')).EnvironmentsShell,
  'images:env-update': async () => (await import('./commands/images/environments.ts')).EnvironmentsUpdate,
  'images:exec': async () => (await import('./commands/images/exec.ts')).ImagesExec,
  'images:import': async () => (await import('./commands/images/import.ts')).ImagesImport,
  'images:list': async () => (await import('./commands/images/list.ts')).ImagesList,
  'images:shell': async () => (await import('./commands/images/shell.ts')).ImagesShell,
  'images:update': async () => (await import('./commands/images/tool-images.ts')).ImagesUpdate,
  'import-dsc': async () => (await import('./commands/import-source.ts')).ImportDsc,
  'import-srcrpm': async () => (await import('./commands/import-source.ts')).ImportSrcrpm,
  instances: async () => (await import('./commands/instances.ts')).Instances,
  join: async () => (await import('./commands/join.ts')).Join,
  'keyring:create': async () => (await import('./commands/keyring/change.ts')).KeyringCreate,
  'keyring:export': async () => (await import('./commands/keyring/export.ts')).KeyringExport,
  'keyring:import': async () => (await import('./commands/keyring/import.ts')).KeyringImport,
  'keyring:renew': async () => (await import('./commands/keyring/change.ts')).KeyringRenew,
  'keyring:rotate': async () => (await import('./commands/keyring/change.ts')).KeyringRotate,
  'keyring:show': async () => (await import('./commands/keyring/show.ts')).KeyringShow,
  list: async () => (await import('./commands/list.ts')).List,
  'registry:check': async () => (await import('./commands/registry/check.ts')).RegistryCheck,
  'registry:delete': async () => (await import('./commands/registry/delete.ts')).RegistryDelete,
  'registry:diff': async () => (await import('./commands/registry/diff.ts')).RegistryDiff,
  'registry:gc': async () => (await import('./commands/registry/gc.ts')).RegistryGc,
  'registry:import': async () => (await import('./commands/registry/import.ts')).RegistryImport,
  'registry:list': async () => (await import('./commands/registry/list.ts')).RegistryList,
  'registry:promote': async () => (await import('./commands/registry/promote.ts')).RegistryPromote,
  'registry:publications': async () => (await import('./commands/registry/publications.ts')).RegistryPublications,
  'registry:rollback': async () => (await import('./commands/registry/rollback.ts')).RegistryRollback,
  'registry:show': async () => (await import('./commands/registry/show.ts')).RegistryShow,
  retry: async () => (await import('./commands/retry.ts')).Retry,
  show: async () => (await import('./commands/show.ts')).Show,
  'tokens:create': async () => (await import('./commands/tokens/tokens.ts')).TokensCreate,
  'tokens:list': async () => (await import('./commands/tokens/tokens.ts')).TokensList,
  'tokens:revoke': async () => (await import('./commands/tokens/tokens.ts')).TokensRevoke,
  version: async () => (await import('./commands/version.ts')).Version,
  watch: async () => (await import('./commands/watch.ts')).Watch,
  'workers:add': async () => (await import('./commands/workers/add.ts')).WorkersAdd,
  'workers:drain': async () => (await import('./commands/workers/change.ts')).WorkersDrain,
  'workers:list': async () => (await import('./commands/workers/list.ts')).WorkersList,
  'workers:remove': async () => (await import('./commands/workers/change.ts')).WorkersRemove,
  'workers:resume': async () => (await import('./commands/workers/change.ts')).WorkersResume,
  'workers:show': async () => (await import('./commands/workers/show.ts')).WorkersShow,
};

/** The command that the first words call, and the words after them; undefined for help, and for what calls none. */
export function findCommand(words: readonly string[]) {
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (options.includes('--help')) return undefined;
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(':');
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load) return { load, rest: words.slice(count) };
  }
  return undefined;
}
