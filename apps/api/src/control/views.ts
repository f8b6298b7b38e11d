import type { AttemptRow, JobRow, PhaseRow, TaskRow } from '@fatbuildr/database';
import {
  API_PREFIX,
  type Artifact,
  Attempt,
  type BuildRequest,
  type GitOrigin,
  Job,
  RegistryPreview,
  Task,
  type TaskDetail,
} from '@fatbuildr/domain';
import { storedAsked } from './asked.ts';
import { NOT_WAITING, type Waiting } from './waiting.ts';

/** Rows as people see them; the schemas drop what is not theirs to see. */

export function taskView(row: TaskRow, waiting: Waiting = NOT_WAITING): Task {
  return Task.parse({
    ...row,
    ...waiting,
    cause: fromJson(row.causeJson),
    architectures: fromJson(row.architecturesJson),
    submitter: fromJson(row.submitterJson),
    dryRun: row.dryRun === 1,
  });
}

export function taskDetailView(
  row: TaskRow,
  waiting: Waiting,
  parts: { jobs: Job[]; artifacts: readonly Omit<Artifact, 'url'>[] },
): TaskDetail {
  const artifacts = parts.artifacts.map((file) => ({
    ...file,
    url: `${API_PREFIX}/tasks/${row.id}/artifacts/${encodeURIComponent(file.name)}`,
  }));
  const preview = RegistryPreview.nullable().parse(fromJson(row.previewJson));
  return { ...taskView(row, waiting), jobs: parts.jobs, artifacts, preview, origin: originOf(row) };
}

function originOf(row: TaskRow): GitOrigin | null {
  const { request, fetched } = storedAsked(row);
  const source = row.kind === 'build' ? (request as BuildRequest).source : undefined;
  if (source?.kind !== 'git') return null;
  const { url, ref = null, subdir = null } = source;
  return { url, ref, subdir: fetched ? fetched.subdir : subdir, commit: fetched?.commit ?? null };
}

export function jobView(
  row: JobRow,
  { waiting }: Waiting,
  attempts: readonly AttemptRow[],
  phases: readonly PhaseRow[],
): Job {
  return Job.parse({
    ...row,
    waiting,
    cause: fromJson(row.causeJson),
    attempts: attempts.filter((attempt) => attempt.job === row.id).map((attempt) => attemptView(attempt, phases)),
  });
}

export function attemptView(row: AttemptRow, phases: readonly PhaseRow[]): Attempt {
  return Attempt.parse({
    ...row,
    cause: fromJson(row.causeJson),
    logClosed: row.logClosed === 1,
    shell: fromJson(row.shellJson),
    phases: phases.filter((phase) => phase.attempt === row.id),
  });
}

function fromJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
