import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ChangeRequest,
  IngestedPackage,
  PromoteRequest,
  PublishResult,
  Registry,
  Repository,
  WriteStep,
} from '@fatbuildr/registry';
import { expect } from 'vitest';

/** One change of a repository, by a task. */
export type Work = { task: string } & (
  | { add: IngestedPackage[]; derivative: string }
  | { promote: PromoteRequest['from']; derivative: string }
  | { rollback: number }
);

/** What a writer in a process of its own is to do, all of it at once, and where it dies. */
export interface Errand {
  paths: { tree: string; database: string; keys: string };
  repository: Repository;
  works: Work[];
  step: WriteStep;
}

/** The steps of the writing order, up to the one that moves the head and from it on. */
export const BEFORE: WriteStep[] = ['start', 'pool', 'indexes', 'manifest', 'signatures', 'verified', 'committed'];
export const AFTER: Record<Repository['format'], WriteStep[]> = {
  deb: ['head', 'rename-indexes', 'rename-Release', 'rename-Release.gpg', 'rename-InRelease', 'done'],
  rpm: ['head', 'rename-indexes', 'rename-repomd.xml.asc', 'rename-repomd.xml', 'rename-mirrorlist', 'done'],
  osi: ['head', 'rename-indexes', 'rename-SHA256SUMS.gpg', 'rename-SHA256SUMS', 'done'],
};

export function doWork(
  registry: Registry,
  repository: Repository,
  work: Work,
  more: Pick<ChangeRequest, 'step'> = {},
): Promise<PublishResult> {
  const { task } = work;
  const common = { repository, task, ...more };
  if ('rollback' in work) return registry.rollback({ ...common, revision: work.rollback });
  const { derivative } = work;
  if ('promote' in work) return registry.promote({ ...common, from: work.promote, derivative });
  return registry.publish({ ...common, changes: { add: work.add.map((each) => ({ derivative, package: each })) } });
}

/** Sends a writer on its errand and waits until it died. @param dir for the errand's file */
export async function sendToDie(dir: string, errand: Errand): Promise<void> {
  const file = join(dir, 'errand.json');
  await writeFile(file, JSON.stringify(errand));
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'dying-writer.ts'), file], { stdio: 'inherit' });
  expect(await once(writer, 'exit')).toEqual([null, 'SIGKILL']);
}
