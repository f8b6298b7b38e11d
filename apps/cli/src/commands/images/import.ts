import { execFile as execFileWithCallback } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { FileRef, Format } from '@fatbuildr/domain';
import { Args, Flags } from '@oclif/core';
import { UsageError } from '../../output/report-error.ts';
import { TaskFollower } from '../../task-follower.ts';
import { uploadFile } from '../../upload-file.ts';
import { BATCH, IMAGE_FILTERS } from './filters.ts';

const execFile = promisify(execFileWithCallback);

export class ImagesImport extends TaskFollower<typeof ImagesImport> {
  static override summary = 'Take over a tool image that was made elsewhere: a directory, a tar or an OCI archive';
  static override description =
    'Every host unpacks it in a container, looks whether it has the tools of the format, and takes it into use as a new generation.';
  static override examples = [
    '<%= config.bin %> images import -f rpm image.tar.zst',
    '<%= config.bin %> images import -f osi /srv/roots/osi',
  ];
  static override args = { path: Args.string({ description: 'Directory, tar or OCI archive', required: true }) };
  static override flags = {
    format: Flags.string({
      char: 'f',
      description: 'Format whose tools are in it',
      options: ['deb', 'rpm', 'osi'],
      required: true,
    }),
    architecture: IMAGE_FILTERS.architecture,
    ...BATCH,
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { format, architecture, batch } = this.flags;
    const archive = await this.upload(resolve(this.args.path));
    const body = {
      operation: 'import' as const,
      format: format as Format,
      archive,
      ...(architecture ? { architectures: architecture } : {}),
    };
    await this.submitted(await this.client.imageOperation({ params: { instance: id }, body }), batch);
  }

  private async upload(path: string): Promise<FileRef> {
    const found = await stat(path).catch(() => undefined);
    if (!found) throw new UsageError(`There is no ${path}.`);
    if (!found.isDirectory()) return uploadFile(this.client, path);
    if (!(await stat(join(path, 'usr')).catch(() => undefined))) {
      throw new UsageError(`${path} is no root of a system: it has no usr/.`, 'Name the directory that holds usr/.');
    }
    const work = await mkdtemp(join(tmpdir(), 'fatbuildr-'));
    try {
      const archive = join(work, `${basename(path).replaceAll(/[^A-Za-z0-9_.+-]/g, '_') || 'root'}.tar.gz`);
      await packRoot(path, archive);
      return await uploadFile(this.client, archive);
    } finally {
      await rm(work, { recursive: true });
    }
  }
}

/** Owners and file capabilities matter in a root, so it is tar that packs it, by number. */
async function packRoot(directory: string, archive: string): Promise<void> {
  const what = ['--numeric-owner', '--xattrs', '--one-file-system', '--exclude=./dev/*', '--exclude=./proc/*'];
  const packed = execFile('tar', ['--create', '--gzip', ...what, '-C', directory, '-f', archive, '.']);
  await packed.catch(({ stderr, message }: { stderr?: string; message: string }) => {
    throw new UsageError(
      `${directory} cannot be packed: ${(stderr || message).split('\n')[0]}`,
      'A root belongs to root: run the command as root, or pack it yourself and name the archive.',
    );
  });
}
