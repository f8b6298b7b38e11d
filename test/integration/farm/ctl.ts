import { join } from 'node:path';
import type { Farm } from '@fatbuildr/testing/farm';
import { execa } from 'execa';

export const program = join(process.cwd(), 'apps/cli/bin/fatbuildrctl');

/** What a command said, and its exit status. */
export interface Said {
  status: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs fatbuildrctl as the administrator, or at another `uri`, with a token. */
export async function ctl(
  farm: Pick<Farm, 'directory'>,
  words: string[],
  {
    uri = `unix://${farm.directory}/run/api.sock`,
    token,
    input = '',
  }: { uri?: string; token?: string; input?: string } = {},
): Promise<Said> {
  const env = { FATBUILDR_URI: uri, NO_COLOR: '1', HOME: farm.directory, ...(token && { FATBUILDR_TOKEN: token }) };
  const options = { env, input, reject: false, stripFinalNewline: false } as const;
  const { exitCode, stdout, stderr } = await execa(program, words, options);
  return { status: exitCode, stdout, stderr };
}
