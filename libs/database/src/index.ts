export { type Database, openDatabase, type Stores } from './database.ts';
export { type Migration, migrate, SchemaTooNewError } from './migrate.ts';
export type { OneSided, SuiteAt } from './stores/published.ts';
export type { Suite } from './stores/registry.ts';
export type { Subject, TaskFilter } from './stores/tasks.ts';
export type {
  AttemptRow,
  ChangelogRow,
  JobRow,
  PhaseRow,
  PublicationRow,
  PublishedPackageRow,
  RepositoryRow,
  TaskRow,
  TokenRow,
  UploadRow,
  WorkerRow,
} from './tables.ts';
