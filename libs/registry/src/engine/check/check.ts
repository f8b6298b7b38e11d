import type { CheckReport, CheckRequest } from '../../model/check.ts';
import type { Repository } from '../../model/repository.ts';
import type { WriterContext } from '../context.ts';
import { checkIndexes } from './indexes.ts';
import { mendPool } from './mend.ts';
import { checkPoolFiles, type LostFile } from './pool.ts';
import { startReading } from './reading.ts';
import { checkStrays } from './strays.ts';

/**
 * Reads every pool file and index of an instance and compares it with what was recorded when it was published; tells of
 * what is damaged, missing or named by nothing. Then, unless it is a dry run, what can be is mended: indexes are written
 * anew from what the database knows, files of the pool from a copy elsewhere. Safe beside publishing and collecting.
 *
 * @param rewrite writes all indexes of a repository anew, as a publication
 */
export async function check(
  context: WriterContext,
  request: CheckRequest,
  rewrite: (repository: Repository) => Promise<unknown>,
): Promise<CheckReport> {
  const reading = startReading(context, request);
  const { report } = reading;
  const repositories = context.store
    .repositories()
    .filter(({ definition, revision }) => definition.instance === request.instance && revision !== null);
  const lost: LostFile[] = [];
  const unfit: { definition: Repository; faults: number }[] = [];
  for (const format of new Set(repositories.map(({ definition }) => definition.format))) {
    const ref = { instance: request.instance, format };
    const ours = repositories.filter(({ definition }) => definition.format === format);
    for (const repository of ours) {
      const faults = await checkIndexes(reading, repository);
      if (faults > 0) unfit.push({ definition: repository.definition, faults });
    }
    lost.push(...(await checkPoolFiles(reading, ref)));
    await checkStrays(reading, ref, ours);
  }
  if (request.dryRun || lost.length + unfit.length === 0) return report;
  await request.commit?.();
  for (const { definition, faults } of unfit) {
    await rewrite(definition);
    report.mended += faults;
  }
  report.mended += await mendPool(context, request, lost);
  return report;
}
