import { execa } from 'execa';

/** What a tree holds on its file system; null when it can not be told. */
export async function bytesOf(directory: string): Promise<number | null> {
  const args = ['--summarize', '--block-size=1', '--one-file-system', '--', directory];
  const { stdout } = await execa('du', args, { reject: false });
  const bytes = Number.parseInt(stdout, 10);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
