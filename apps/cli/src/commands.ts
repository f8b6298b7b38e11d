import { Audit } from './commands/audit.ts';
import { Build } from './commands/build.ts';
import { Cancel } from './commands/cancel.ts';
import { Download } from './commands/download.ts';
import { EnvironmentsCreate, EnvironmentsUpdate } from './commands/images/environments.ts';
import { ImagesList } from './commands/images/list.ts';
import { ImagesCreate, ImagesUpdate } from './commands/images/tool-images.ts';
import { Instances } from './commands/instances.ts';
import { KeyringCreate, KeyringRenew, KeyringRotate } from './commands/keyring/change.ts';
import { KeyringExport } from './commands/keyring/export.ts';
import { KeyringImport } from './commands/keyring/import.ts';
import { KeyringShow } from './commands/keyring/show.ts';
import { History, List } from './commands/list.ts';
import { RegistryDelete } from './commands/registry/delete.ts';
import { RegistryDiff } from './commands/registry/diff.ts';
import { RegistryGc } from './commands/registry/gc.ts';
import { RegistryImport } from './commands/registry/import.ts';
import { RegistryList } from './commands/registry/list.ts';
import { RegistryPromote } from './commands/registry/promote.ts';
import { RegistryPublications } from './commands/registry/publications.ts';
import { RegistryRollback } from './commands/registry/rollback.ts';
import { RegistryShow } from './commands/registry/show.ts';
import { Retry } from './commands/retry.ts';
import { Show } from './commands/show.ts';
import { TokensCreate, TokensList, TokensRevoke } from './commands/tokens/tokens.ts';
import { Version } from './commands/version.ts';
import { Watch } from './commands/watch.ts';
import { WorkersAdd } from './commands/workers/add.ts';
import { WorkersDrain, WorkersRemove, WorkersResume } from './commands/workers/change.ts';
import { WorkersList } from './commands/workers/list.ts';
import { WorkersShow } from './commands/workers/show.ts';

/** Every command under the words that call it. */
export const commands = {
  archives: History,
  audit: Audit,
  build: Build,
  cancel: Cancel,
  download: Download,
  history: History,
  'images:create': ImagesCreate,
  'images:env-create': EnvironmentsCreate,
  'images:env-update': EnvironmentsUpdate,
  'images:list': ImagesList,
  'images:update': ImagesUpdate,
  instances: Instances,
  'keyring:create': KeyringCreate,
  'keyring:export': KeyringExport,
  'keyring:import': KeyringImport,
  'keyring:renew': KeyringRenew,
  'keyring:rotate': KeyringRotate,
  'keyring:show': KeyringShow,
  list: List,
  'registry:delete': RegistryDelete,
  'registry:diff': RegistryDiff,
  'registry:gc': RegistryGc,
  'registry:import': RegistryImport,
  'registry:list': RegistryList,
  'registry:promote': RegistryPromote,
  'registry:publications': RegistryPublications,
  'registry:rollback': RegistryRollback,
  'registry:show': RegistryShow,
  retry: Retry,
  show: Show,
  'tokens:create': TokensCreate,
  'tokens:list': TokensList,
  'tokens:revoke': TokensRevoke,
  version: Version,
  watch: Watch,
  'workers:add': WorkersAdd,
  'workers:drain': WorkersDrain,
  'workers:list': WorkersList,
  'workers:remove': WorkersRemove,
  'workers:resume': WorkersResume,
  'workers:show': WorkersShow,
};
