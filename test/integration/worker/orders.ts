import type {
  BuildDebOrder,
  BuildSource,
  DebEnvironmentRecipe,
  EnvironmentOrder,
  ImageOrder,
  JobLimits,
} from '@fatbuildr/domain';

const MINUTE = 60_000;

export const limits: JobLimits = {
  wallMs: 10 * MINUTE,
  silenceMs: 5 * MINUTE,
  logBytes: 50 * 1024 ** 2,
  sourceBytes: 100 * 1024 ** 2,
  memoryBytes: null,
  processes: null,
  diskBytes: null,
};

const recipe: DebEnvironmentRecipe = {
  instance: 'default',
  format: 'deb',
  name: 'bookworm',
  architecture: 'amd64',
  suite: 'bookworm',
  mirror: null,
  components: ['main'],
  suites: ['bookworm-updates'],
  security: { suite: 'bookworm-security', mirror: null },
  keyring: null,
};

export function imageOrder(changes: Partial<ImageOrder> = {}): ImageOrder {
  return {
    kind: 'image',
    operation: 'create',
    format: 'deb',
    recipe: { distribution: 'debian', release: 'trixie', mirror: null, packages: [] },
    bootstrap: { release: 'trixie', mirror: null },
    archive: null,
    force: false,
    limits,
    ...changes,
  };
}

export function environmentOrder(changes: Partial<EnvironmentOrder> = {}): EnvironmentOrder {
  return { kind: 'environment', operation: 'create', recipe, force: false, limits, ...changes };
}

export function buildOrder(source: BuildSource, changes: Partial<BuildDebOrder> = {}): BuildDebOrder {
  return {
    kind: 'build-deb',
    instance: 'default',
    artifact: 'tiny',
    architecture: 'amd64',
    primary: true,
    target: { distribution: 'bookworm', tag: 'deb12', environment: 'bookworm', builder: 'pbuilder' },
    recipe,
    derivative: 'main',
    source,
    submitter: { name: 'Ada Lovelace', email: 'ada@example.org' },
    message: 'first build',
    submitted: 1_700_000_000_000,
    farm: null,
    allowPrivateSources: false,
    limits,
    ...changes,
  };
}
