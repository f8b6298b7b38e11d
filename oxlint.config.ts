import { defineConfig, type OxlintConfig } from 'oxlint';
import { apps, type ImportRow, importTable, reserved, testFiles } from './scripts/import-table.ts';

/** A relative path that leaves its workspace always passes through another `src`: `../../blobs/src/store.ts`. */
const acrossPackages = {
  regex: String.raw`^\.\./(.*/)?src/`,
  message: 'Import another workspace by its package name, not by a path.',
};

const testing = {
  group: ['@fatbuildr/testing', '@fatbuildr/testing/*'],
  message: 'Fixtures are for tests only (*.test.ts, test/).',
};

const packages = (names: readonly string[]) => names.flatMap((name) => [`@fatbuildr/${name}`, `@fatbuildr/${name}/*`]);

function forbidden(row: ImportRow) {
  const message = `See the import table in docs/architecture.md: ${row.importer} may not import this.`;
  if (row.values.includes('*')) {
    const foreign = Object.keys(reserved).filter((name) => reserved[name] !== row.importer);
    return { group: packages([...apps, ...foreign]), message };
  }
  return {
    group: ['@fatbuildr/*', ...row.values.map((name) => `!@fatbuildr/${name}`)],
    allowTypeImports: row.types,
    message,
  };
}

const noRestrictedImports = (...patterns: object[]): NonNullable<OxlintConfig['rules']> => ({
  'eslint/no-restricted-imports': ['error', { patterns: [acrossPackages, ...patterns] }],
});

/** Rules of the categories below that cost more in workarounds than they find here. */
const notForUs: OxlintConfig['rules'] = Object.fromEntries(
  [
    'eslint/no-control-regex',
    'eslint/no-shadow',
    'eslint/no-underscore-dangle',
    'eslint/no-unmodified-loop-condition',
    'import/no-named-as-default-member',
    'import/no-unassigned-import',
    'oxc/no-async-endpoint-handlers',
    'promise/always-return',
    'promise/no-callback-in-promise',
    'promise/no-multiple-resolved',
    'promise/no-promise-in-callback',
    'typescript/no-misused-spread',
    'typescript/no-unsafe-type-assertion',
    'typescript/restrict-template-expressions',
    'typescript/unbound-method',
    'unicorn/consistent-function-scoping',
    'unicorn/no-array-reverse',
    'unicorn/no-array-sort',
    'unicorn/no-useless-spread',
    'unicorn/prefer-add-event-listener',
    'vitest/no-conditional-expect',
    'vitest/no-standalone-expect',
    'vitest/require-mock-type-parameters',
  ].map((rule) => [rule, 'off']),
);

/** One row more for the owner of a reserved library, which the row of all apps denies to it. */
const owners = [...new Set(Object.values(reserved))].map((importer) => ({ importer, values: ['*'], types: false }));

const importRules = [...importTable, ...owners].map((row) => ({
  files: [`${row.importer}/**`],
  excludeFiles: testFiles,
  rules: noRestrictedImports(forbidden(row), testing),
}));

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'node', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['**/dist/**', 'coverage/**', 'reports/**'],
  rules: {
    ...notForUs,
    ...noRestrictedImports(),
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/prefer-node-protocol': 'error',
    'node/no-process-env': 'error',
    'eslint/eqeqeq': 'error',
    'eslint/no-console': 'error',
    'eslint/prefer-const': 'error',
    'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] }],
    'typescript/await-thenable': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/switch-exhaustiveness-check': 'error',
  },
  overrides: [
    ...importRules,
    {
      files: ['libs/domain/**'],
      excludeFiles: testFiles,
      rules: {
        'import/no-nodejs-modules': 'error',
      },
    },
    {
      // The edges of the program: where the environment is read and where people are talked to.
      files: ['apps/*/src/main.ts', 'apps/cli/**', 'scripts/**', 'test/**', '**/*.test.ts', 'libs/testing/**'],
      rules: { 'node/no-process-env': 'off', 'eslint/no-console': 'off' },
    },
    {
      // Tools ask for a default export in their configuration, in hooks and in command classes.
      files: ['*.config.ts', 'scripts/*-reporter.ts', 'test/**/*-setup.ts', 'apps/cli/src/commands/**'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
});
