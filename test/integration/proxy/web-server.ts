import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';

const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** A web server that runs the sample configuration from deploy/ before an api. */
export interface WebServer {
  url: string;
  stop(): Promise<void>;
}

export interface Site {
  /** A directory of its own. */
  directory: string;
  /** Port of the api. */
  apiPort: number;
  /** The registry tree. */
  registry: string;
}

interface Kind {
  program: string;
  sample: string;
  /** The whole configuration, around the sample. */
  configuration(site: Site, sample: string): string;
  arguments(file: string): string[];
  check(file: string): string[];
}

const APACHE_MODULES = 'mpm_event authz_core headers mime proxy proxy_http reqtimeout';

const kinds = {
  nginx: {
    program: 'nginx',
    sample: 'nginx/fatbuildr.conf',
    configuration: ({ directory }, sample) => `
daemon off; master_process on; worker_processes 1; user nobody nogroup;
pid ${directory}/pid; error_log ${directory}/error.log warn;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${directory}/${one};`).join(' ')}
  include ${sample};
}
`,
    arguments: (file) => ['-c', file],
    check: (file) => ['-t', '-c', file],
  },
  apache: {
    program: 'apache2',
    sample: 'apache/fatbuildr.conf',
    configuration: ({ directory }, sample) => `
ServerRoot ${directory}
PidFile ${directory}/pid
ErrorLog ${directory}/error.log
DefaultRuntimeDir ${directory}
User nobody
Group nogroup
${APACHE_MODULES.split(' ')
  .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  .join('\n')}
TypesConfig /dev/null
ServerName localhost
Include ${sample}
`,
    arguments: (file) => ['-X', '-f', file],
    check: (file) => ['-t', '-f', file],
  },
} as const satisfies Record<string, Kind>;

export type WebServerName = keyof typeof kinds;

export async function isInstalled(name: WebServerName): Promise<boolean> {
  const { exitCode } = await execa(kinds[name].program, ['-v'], { reject: false, env: { PATH: searchPath() } });
  return exitCode === 0;
}

/** Checks the sample with the server's own check, then runs it with the paths and ports of `site`. */
export async function startWebServer(name: WebServerName, site: Site): Promise<WebServer> {
  const kind: Kind = kinds[name];
  await mkdir(site.directory, { recursive: true });
  const port = await freePort();
  const sample = join(site.directory, 'sample.conf');
  const text = await readFile(join(deploy, kind.sample), 'utf8');
  const changed = text
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('<VirtualHost *:80>', `Listen 127.0.0.1:${port}\n<VirtualHost 127.0.0.1:${port}>`)
    .replaceAll('127.0.0.1:8470', `127.0.0.1:${site.apiPort}`)
    .replaceAll('/var/lib/fatbuildr/registry', site.registry);
  await writeFile(sample, changed);
  const file = join(site.directory, 'server.conf');
  await writeFile(file, kind.configuration(site, sample));
  const env = { PATH: searchPath() };
  await execa(kind.program, kind.check(file), { env });
  const child = spawn(kind.program, kind.arguments(file), { env, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await untilListening(url, child, () => readFile(join(site.directory, 'error.log'), 'utf8').catch(() => ''));
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Servers are in sbin, which is not in everybody's path. */
function searchPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin`;
}

async function untilListening(url: string, child: ChildProcess, complaint: () => Promise<string>): Promise<void> {
  for (let left = 100; left > 0 && child.exitCode === null; left--) {
    if (
      await fetch(`${url}/livez`).then(
        ({ ok }) => ok,
        () => false,
      )
    ) {
      return;
    }
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the web server does not pass on requests:\n${await complaint()}`);
}
