export { type Database, openDatabase, type Stores } from './database.ts';
export { type Migration, migrate, SchemaTooNewError } from './migrate.ts';
export type { Subject, TaskFilter } from './stores/tasks.ts';
export type {
  AttemptRow,
  ChangelogRow,
  JobRow,
  PhaseRow,
  RegistryPackageRow,
  TaskRow,
  TokenRow,
  UploadRow,
  WorkerRow,
} from './tables.ts';
