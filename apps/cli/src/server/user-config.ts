import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { parse as parseYaml } from 'yaml';
import { UsageError } from '../output/report-error.ts';

const KEYS = ['uri', 'token', 'instance', 'name', 'email', 'basedir'] as const;

/** `~/.config/fatbuildr/config.yml`: what need not be typed each time. */
export type UserConfig = Partial<Record<(typeof KEYS)[number], string>>;

type Environment = Record<string, string | undefined>;

/** The user's preferences; empty when there are none. */
export function readUserConfig(environment: Environment): UserConfig {
  const file = join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'fatbuildr', 'config.yml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  // only who has such a file pays for loading it
  const { parse } = createRequire(import.meta.url)('yaml') as { parse: typeof parseYaml };
  const read: unknown = parse(text) ?? {};
  const mistakes = mistakesIn(read);
  if (mistakes.length === 0) return read as UserConfig;
  throw new UsageError(`${file} is not right: ${mistakes.join('; ')}.`, `It may hold ${KEYS.join(', ')}.`);
}

function mistakesIn(read: unknown): string[] {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return ['it is not a list of "key: value"'];
  return Object.entries(read).flatMap(([key, value]) => {
    if (!(KEYS as readonly string[]).includes(key)) return [`there is no "${key}"`];
    return typeof value === 'string' ? [] : [`"${key}" is not a text`];
  });
}
