import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../output/report-error.ts';

/** `~/.config/fatbuildr/config.yml`: what need not be typed each time. */
const UserConfig = z.strictObject({
  uri: z.string().optional(),
  token: z.string().optional(),
  instance: z.string().optional(),
  name: z.string().optional(),
  email: z.string().optional(),
  basedir: z.string().optional(),
});
export type UserConfig = z.infer<typeof UserConfig>;

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
  const read = UserConfig.safeParse(parse(text) ?? {});
  if (read.success) return read.data;
  throw new UsageError(`${file} is not right:\n${z.prettifyError(read.error)}`);
}
