import { fileURLToPath } from 'node:url';
import { Failure } from '@fatbuildr/domain';
import { z } from 'zod';
import { place } from '../artifact/mistakes.ts';
import { run } from '../run.ts';

/** A template to render; `name` is what messages call it, as the user knows the file. */
export type TemplateJob = { name: string; path: string } | { name: string; text: string };

/** What templates see: the version's parts as far as they are known, and who it is built for. */
export interface TemplateVariables {
  version: {
    main: string;
    major: string;
    minor: string;
    release: string;
    dist?: string;
    full?: string;
    fullrelease?: string;
  };
  pkg: {
    artifact: string;
    distribution: string;
    derivative: string;
    architectures: readonly string[];
    env_name?: string;
    tarball_url?: string;
    tarball_filename?: string;
  };
  /** Texts that spec files have besides, by their names. */
  texts?: Readonly<Record<string, string>>;
}

/** What all templates of a definition may use together. */
const limits = { cpu_seconds: 5, memory_bytes: 1024 ** 3, output_bytes: 8 * 1024 ** 2 };
const wallMs = 30_000;

const program = fileURLToPath(new URL('./render.py', import.meta.url));

const Rendered = z.union([
  z.strictObject({ texts: z.array(z.string()) }),
  z.strictObject({ name: z.string(), line: z.int().nullable(), message: z.string() }),
]);

/**
 * The texts that templates render to, in their order, by Jinja2 in its sandbox.
 *
 * @throws Failure `rejected` that names file and line: a syntax error, an undefined variable, an access that the
 * sandbox denies, or too much time, memory or output.
 */
export async function renderTemplates(
  jobs: readonly TemplateJob[],
  variables: TemplateVariables,
  work: string,
): Promise<string[]> {
  if (jobs.length === 0) return [];
  const { status, stdout, stderr, stopped } = await run('python3', ['-I', program], {
    cwd: work,
    input: JSON.stringify({ ...variables, jobs, ...limits }),
    timeoutMs: wallMs,
    // JSON may take six bytes for one.
    maxOutputBytes: 7 * limits.output_bytes,
  });
  if (stopped === 'timeout' || (stopped === undefined && status === null)) {
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    throw templateFailure(last, undefined, `it takes longer than ${limits.cpu_seconds} s`);
  }
  if (status !== 0) throw new Failure('infrastructure-failure', `Jinja2 cannot be run: ${stderr.slice(-1000)}`);
  const result = Rendered.parse(JSON.parse(stdout));
  if ('texts' in result) return result.texts;
  throw templateFailure(result.name, result.line ?? undefined, result.message);
}

function templateFailure(name: string, line: number | undefined, message: string): Failure {
  const where = place(name, line);
  return new Failure('rejected', `The template ${where} fails: ${message.slice(0, 2000)}`, {
    hint: 'Templates are Jinja2 in its sandbox; version and pkg are what they may use',
    where,
  });
}
