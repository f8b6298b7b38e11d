import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An apt of its own: its state, cache and sources are in a directory of its own, its signature checks are on. */
export interface AptClient {
  dir: string;
  /** `apt-get update`, failing on whatever goes wrong. */
  update(): Promise<string>;
  /** Any other command: `apt-get`, `apt-cache`. */
  run(command: string, ...args: string[]): Promise<string>;
  /** The versions of a package that apt knows, best first. */
  versions(name: string): Promise<string[]>;
  remove(): Promise<void>;
}

/** @param sources content of a deb822 `.sources` file */
export async function aptClient(sources: string): Promise<AptClient> {
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-apt-'));
  const directories = [
    'etc/apt/sources.list.d',
    'etc/apt/preferences.d',
    'etc/apt/trusted.gpg.d',
    'etc/apt/apt.conf.d',
  ];
  const state = ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'var/log/apt'];
  for (const path of [...directories, ...state]) await mkdir(join(dir, path), { recursive: true });
  await writeFile(join(dir, 'etc/apt/sources.list.d/farm.sources'), sources);
  await writeFile(join(dir, 'status'), '');
  const config = join(dir, 'apt.conf');
  await writeFile(
    config,
    [
      `Dir "${dir}"`,
      `Dir::State::status "${dir}/status"`,
      'APT::Sandbox::User "root"',
      'APT::Architecture "amd64"',
      'APT::Architectures { "amd64"; }',
      'APT::Update::Error-Mode "any"',
      'Acquire::Languages "none"',
      'Acquire::Retries "0"',
      'Acquire::http::Proxy "DIRECT"',
    ]
      .map((line) => `${line};\n`)
      .join(''),
  );
  // apt leaves its copies of inline keys behind
  const env = { PATH: process.env['PATH'] ?? '', APT_CONFIG: config, LC_ALL: 'C', TMPDIR: dir };
  const command = async (program: string, ...args: string[]) => {
    const { stdout, stderr } = await run(program, args, { env, cwd: dir, maxBuffer: 64 << 20 });
    return stdout + stderr;
  };
  return {
    dir,
    update: () => command('apt-get', 'update'),
    run: command,
    async versions(name) {
      const table = await command('apt-cache', 'madison', name);
      const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
      return rows.filter((row) => row[0] === name && row[2]?.endsWith('Packages')).map((row) => row[1] as string);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
