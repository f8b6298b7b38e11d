import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt, Format, InstanceView, RequestedSource, TaskDetail } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ARCHITECTURES } from '../architecture.ts';
import { requireArtifactName } from '../definition/artifact-name.ts';
import { archiveOfSource, parseLocalSource } from '../definition/local-sources.ts';
import { type BuildInput, locate } from '../definition/locate.ts';
import { type RepositoryInput, readRepository } from '../definition/repository.ts';
import { sourcePackageFiles } from '../definition/source-package.ts';
import { submitter } from '../definition/submitter.ts';
import { UsageError } from '../output/report-error.ts';
import { type LogTaker, TaskFollower } from '../task-follower.ts';
import { uploadFile } from '../upload-file.ts';

export class Build extends TaskFollower<typeof Build> {
  static override summary =
    'Build a package from an artifact definition, here or in a git repository, or a ready source package';
  static override description =
    'Submits the build, then follows its log to the end; the exit status tells how it went: 0 success, 1 refused or rejected, 2 build or dependency failure, 3 failure of a host or of the publication, or timeout, 4 not authorised, 5 cancelled, 6 server not reached, 130 Ctrl-C.';
  static override examples = [
    '<%= config.bin %> build -d bookworm',
    '<%= config.bin %> build -a hello -b ~/packages -d bookworm -m "New upstream version"',
    '<%= config.bin %> build hello_2.10-3.dsc -d bookworm --batch',
    '<%= config.bin %> build hello-2.10-3.src.rpm -d el9',
    '<%= config.bin %> build --git https://example.org/packages/hello.git --ref v2.10 -d bookworm',
    '<%= config.bin %> build -d bookworm --architecture amd64,arm64',
    '<%= config.bin %> build -d bookworm --sources 3.0~git1@~/src/hello',
  ];
  static override args = {
    path: Args.string({ description: 'Definition directory, .dsc or .src.rpm; by default the current directory' }),
  };
  static override flags = {
    artifact: Flags.string({ char: 'a', description: 'Artifact name; by default the name of the directory' }),
    distribution: Flags.string({ char: 'd', description: 'Distribution to build for' }),
    format: Flags.string({ char: 'f', description: 'Format of the package', options: ['deb', 'rpm', 'osi'] }),
    derivative: Flags.string({ description: 'Derivative of the distribution', default: 'main' }),
    basedir: Flags.string({ char: 'b', description: 'Directory of the artifact definitions' }),
    subdir: Flags.string({
      char: 's',
      description: 'Directory of the definition below basedir, or of the repository; by default the artifact',
    }),
    git: Flags.string({ description: 'URL of a git repository that the farm fetches the definition from' }),
    ref: Flags.string({ description: 'Branch, tag or full id of a commit; by default the default branch' }),
    name: Flags.string({ char: 'n', description: 'Maintainer name' }),
    email: Flags.string({ char: 'e', description: 'Maintainer e-mail' }),
    msg: Flags.string({ char: 'm', description: 'What changed, for the changelog' }),
    architecture: Flags.string({ description: 'Architectures to build for: amd64,arm64', ...ARCHITECTURES }),
    priority: Flags.integer({ description: 'Higher goes first; above 50 takes the action admin', min: 0, max: 100 }),
    sources: Flags.string({
      description: 'Sources to bring along, each [ID#][VERSION@]PATH: a directory to pack, or an archive',
      multiple: true,
    }),
    'include-git-untracked': Flags.boolean({ description: 'Pack files too that git ignores or does not track' }),
    interactive: Flags.boolean({
      description: 'If the build fails, open a shell there; with --batch one that waits for "join"',
    }),
    'no-warm': Flags.boolean({
      description: 'Install build dependencies anew, even if an earlier build left the same',
    }),
    batch: Flags.boolean({ description: 'Print the id of the task and leave' }),
    watch: Flags.boolean({ char: 'w', description: 'Follow the log; what happens without --batch', hidden: true }),
  };

  async run(): Promise<void> {
    const { flags } = this;
    if (flags.interactive && !flags.batch) requireTerminal(flags.json);
    if (flags.artifact?.includes(',')) throw severalOfArtifact(flags.artifact);
    const input = this.input();
    const { name, email } = flags;
    const by = submitter({ name, email, environment: process.env, preferences: this.preferences });
    const instance = await this.instance();
    const wanted = (flags.format as Format | undefined) ?? FORMAT_OF[input.kind];
    const { format, distribution } = chooseTarget(instance, wanted, flags.distribution);
    const artifact = 'artifact' in input ? input.artifact : flags.artifact;
    if (artifact !== undefined) requireArtifactName(format, artifact);
    const task = await this.client.build({
      params: { instance: instance.id },
      idempotencyKey: crypto.randomUUID(),
      body: {
        format,
        distribution,
        derivative: flags.derivative,
        ...(flags.architecture ? { architectures: flags.architecture } : {}),
        ...(artifact === undefined ? {} : { artifact }),
        source: await this.upload(input),
        submitter: by,
        interactive: flags.interactive,
        ...(flags['no-warm'] ? { warm: false } : {}),
        ...(flags.priority === undefined ? {} : { priority: flags.priority }),
        message: flags.msg ?? `Build of ${artifact ?? 'a source package'}`,
      },
    });
    await this.submitted(task, flags.batch);
  }

  /** What is to be built, and where it is. */
  private input(): Input {
    const { artifact, basedir, git, ref, subdir } = this.flags;
    const { path } = this.args;
    if (git === undefined) {
      if (ref !== undefined) throw new UsageError('--ref is for a repository, which --git names.');
      return locate({ path, artifact, basedir: basedir ?? this.preferences.basedir, subdir, cwd: process.cwd() });
    }
    if (path === undefined && basedir === undefined) return readRepository({ url: git, ref, subdir, artifact });
    throw new UsageError(
      'What is to be built: a directory here, or the repository?',
      'Leave out --git or the directory.',
    );
  }

  protected override async read(
    task: TaskDetail,
    attempt: Attempt,
    onBytes: LogTaker,
    signal: AbortSignal,
  ): Promise<void> {
    if (!this.flags.interactive) return super.read(task, attempt, onBytes, signal);
    const { readOrAttach } = await import('../terminal/read-or-attach.ts');
    await readOrAttach(this.client, { task: task.id, attempt: attempt.id, onBytes, signal });
  }

  private async upload(input: Input): Promise<RequestedSource> {
    if ('file' in input && this.flags.sources) {
      throw new UsageError(`${input.file} has its sources; --sources is for definitions.`);
    }
    if (input.kind === 'dsc') {
      const { dsc, files } = sourcePackageFiles(input.file);
      const uploaded = [];
      for (const file of [dsc, ...files]) uploaded.push(await uploadFile(this.client, file));
      const [first, ...others] = uploaded;
      if (!first) throw new UsageError(`${input.file} holds nothing.`);
      return { kind: 'dsc', dsc: first, files: others };
    }
    if (input.kind === 'srpm') return { kind: 'srpm', srpm: await uploadFile(this.client, input.file) };
    const work = await mkdtemp(join(tmpdir(), 'fatbuildr-'));
    try {
      const sources = await this.uploadSources(input.artifact, await mkdtemp(join(work, 'sources-')));
      if (input.kind === 'git') return { kind: 'git', ...input.definition, sources };
      const { packDefinition } = await import('@fatbuildr/definition/pack');
      const archive = join(work, `${input.artifact}.tar.gz`);
      await packDefinition(input.directory, archive);
      return { kind: 'definition', archive: await uploadFile(this.client, archive), sources };
    } finally {
      await rm(work, { recursive: true });
    }
  }

  private async uploadSources(artifact: string, work: string): Promise<LocalSourceFile[]> {
    const all = (this.flags.sources ?? []).map((text) => parseLocalSource(text, artifact, process.cwd()));
    const twice = all.find(({ id }, index) => all.findIndex((one) => one.id === id) < index);
    if (twice) throw new UsageError(`--sources names the source ${twice.id} twice.`);
    const options = { work, untracked: this.flags['include-git-untracked'], epoch: process.env['SOURCE_DATE_EPOCH'] };
    const uploaded = [];
    for (const { id, version, path } of all) {
      const file = await uploadFile(this.client, await archiveOfSource({ id, version, path }, options));
      uploaded.push({ id, ...(version === undefined ? {} : { version }), file });
    }
    return uploaded;
  }
}

/** What is to be built. */
type Input = BuildInput | RepositoryInput;

type LocalSourceFile = Extract<RequestedSource, { kind: 'git' }>['sources'][number];

/** In Fatbuildr 2.1 too `-a` is the artifact: who means architectures is told how. */
function severalOfArtifact(text: string): UsageError {
  return new UsageError(
    `"${text}" is not the name of an artifact.`,
    `Architectures are named with: --architecture ${text}`,
  );
}

/** What a ready source package can be built for. */
const FORMAT_OF: Partial<Record<Input['kind'], Format>> = { dsc: 'deb', srpm: 'rpm' };

function requireTerminal(json: boolean): void {
  if (process.stdin.isTTY && !json) return;
  throw new UsageError(
    '--interactive opens a shell where the build fails, and that takes a terminal.',
    'With --batch the shell waits: "fatbuildrctl join" opens it from a terminal.',
  );
}

/** The distribution to build for: the one named, or the only one there is. */
function chooseTarget(instance: InstanceView, format: Format | undefined, distribution: string | undefined) {
  const all = Object.entries(instance.formats).flatMap(([name, list]) =>
    list.map((one) => ({ format: name as Format, distribution: one.distribution })),
  );
  const fitting = all.filter((one) => format === undefined || one.format === format);
  // an unknown name is the server's to refuse: it says which ones there are
  if (distribution !== undefined) {
    return fitting.find((one) => one.distribution === distribution) ?? { format: format ?? 'deb', distribution };
  }
  const [only, ...more] = fitting;
  if (only && more.length === 0) return only;
  throw new UsageError(
    'Build for which distribution?',
    `Name it with -d: ${fitting.map((one) => one.distribution).join(', ') || 'none is configured'}.`,
  );
}
