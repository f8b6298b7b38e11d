import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Config, loadConfig } from '@fatbuildr/config';
import { startDaemon } from '@fatbuildr/daemon/src/daemon.ts';
import type { Part } from '@fatbuildr/daemon/src/part.ts';
import { createLogger, type Running } from '@fatbuildr/service';

/** A directory of its own with a configuration that keeps everything inside it. */
export async function makeSite(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-daemon-'));
  const file = join(directory, 'fatbuildr.yml');
  const paths = { state: `${directory}/state`, cache: `${directory}/cache`, run: `${directory}/run` };
  await writeFile(file, JSON.stringify({ paths, log: { format: 'text' } }));
  const config = await loadConfig({ file });
  return {
    directory,
    config,
    tell: (name, what) => writeFile(join(directory, `${name}.${what}`), ''),
    events: async () => (await readFile(join(directory, 'events'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    pids: async (name) => (await readFile(join(directory, `${name}.pid`), 'utf8')).trim().split('\n').map(Number),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export interface Site {
  directory: string;
  config: Config;
  /** Leaves word for a stand-in. */
  tell(name: string, what: 'config' | 'fail' | 'mute' | 'stubborn'): Promise<void>;
  /** What happened to the stand-ins, in order. */
  events(): Promise<string[]>;
  /** The processes that a stand-in has been, first to last. */
  pids(name: string): Promise<number[]>;
  remove(): Promise<void>;
}

/** A part that is played by the stand-in. */
export function standIn(site: Site, name: string, times: Partial<Part> = {}): Part {
  const script = fileURLToPath(new URL('./stand-in.ts', import.meta.url));
  return {
    name,
    command: process.execPath,
    args: [script, name, site.directory],
    startWithin: 5000,
    stopWithin: 5000,
    ...times,
  };
}

/** Starts parts as fatbuildrd does, with short waits; `lines` collects what they write. */
export function startParts(site: Site, parts: Part[], signal = new AbortController().signal) {
  const lines: string[] = [];
  const daemon: Promise<Running> = startDaemon({
    config: site.config,
    parts,
    log: createLogger({ name: 'fatbuildrd', level: 'silent' }),
    output: (name, line) => lines.push(`${name}: ${line}`),
    signal,
    restart: { delay: 20, maxDelay: 100 },
  });
  return { daemon, lines };
}

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
