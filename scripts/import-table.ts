/** Who may import a workspace package, and why. The linter's rules and the table in `docs/architecture.md` both come from here. */
export interface ImportRow {
  /** Workspace folder, or a glob of folders; a later row wins over an earlier one. */
  importer: string;
  /** Packages (without `@fatbuildr/`) it may import by value; `*` is every one that is not reserved for somebody else. */
  values: readonly string[];
  /** Whether `import type` may go further than `values`. */
  types: boolean;
}

/** Libraries that only the named app may import; everyone else takes what they make as an argument. */
export const reserved: Readonly<Record<string, string>> = {
  database: 'apps/api',
  signing: 'apps/publisher',
};

export const importTable: readonly ImportRow[] = [
  { importer: 'libs/*', values: ['domain'], types: true },
  { importer: 'libs/domain', values: [], types: false },
  { importer: 'apps/*', values: ['*'], types: false },
  { importer: 'apps/cli', values: ['client', 'definition', 'domain'], types: false },
  { importer: 'apps/web', values: ['client', 'domain'], types: false },
];

/** Every app, so that no one imports one by name. */
export const apps = ['api', 'cli', 'daemon', 'publisher', 'web', 'worker'] as const;

/** Files that may import whatever they need: tests, and the fixtures that only tests may import. */
export const testFiles = ['**/*.test.ts', 'test/**', 'apps/*/test/**', 'libs/testing/**'];

/** The table as it stands in `docs/architecture.md`. */
export function importTableMarkdown(): string {
  const rows = importTable.map(({ importer, values, types }) => [
    `\`${importer}\``,
    values.length === 0 ? 'nothing of ours' : values.map(describe).join(', '),
    types ? 'every library' : 'the same',
  ]);
  const owners = Object.entries(reserved).map(([name, owner]) => [
    `\`${owner}\``,
    `also \`${name}\`, and nobody else`,
    'the same',
  ]);
  const head = [
    ['who', 'imports by value', 'with `import type`'],
    ['---', '---', '---'],
  ];
  return [...head, ...rows, ...owners].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function describe(name: string): string {
  if (name !== '*') return `\`${name}\``;
  return `every library but ${[...Object.keys(reserved), 'testing'].map((kept) => `\`${kept}\``).join(', ')}`;
}
