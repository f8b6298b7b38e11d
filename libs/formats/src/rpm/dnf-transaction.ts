const TABLE = /^Dependencies resolved\.$([\s\S]*?)^Transaction Summary$/m;

/**
 * What a dnf that was told `--assumeno` would have installed: its table of packages, each with architecture, version,
 * repository and size. Undefined where it came to none.
 */
export function dnfTransaction(output: string): string | undefined {
  const table = TABLE.exec(output)?.[1];
  const rows = table?.split('\n').map((line) => line.trimEnd());
  return rows?.filter((line) => line !== '' && !/^=+$/.test(line)).join('\n');
}
