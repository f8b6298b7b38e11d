import { Audit } from './commands/audit.ts';
import { Build } from './commands/build.ts';
import { Cancel } from './commands/cancel.ts';
import { Download } from './commands/download.ts';
import { EnvironmentsCreate, EnvironmentsUpdate } from './commands/images/environments.ts';
import { EnvironmentsExec, ImagesExec } from './commands/images/exec.ts';
import { ImagesImport } from './commands/images/import.ts';
import { ImagesList } from './commands/images/list.ts';
import { ImagesCreate, ImagesUpdate } from './commands/images/tool-images.ts';
import { Instances } from './commands/instances.ts';
import { KeyringCreate, KeyringExport, KeyringRenew, KeyringShow } from './commands/keyring/keyring.ts';
import { History, List } from './commands/list.ts';
import { RegistryDelete } from './commands/registry/delete.ts';
import { RegistryList } from './commands/registry/list.ts';
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
  'images:env-exec': EnvironmentsExec,
  'images:env-update': EnvironmentsUpdate,
  'images:exec': ImagesExec,
  'images:import': ImagesImport,
  'images:list': ImagesList,
  'images:update': ImagesUpdate,
  instances: Instances,
  'keyring:create': KeyringCreate,
  'keyring:export': KeyringExport,
  'keyring:renew': KeyringRenew,
  'keyring:show': KeyringShow,
  list: List,
  'registry:delete': RegistryDelete,
  'registry:list': RegistryList,
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
