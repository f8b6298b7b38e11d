import type { OneSided, PublicationRow, Stores, Suite, SuiteAt } from '@fatbuildr/database';
import { type DifferencePage, type DifferenceQuery, IndexFile, type PackageDifference } from '@fatbuildr/domain';
import type { z } from 'zod';
import { badCursor } from './cursors.ts';
import { requireRevision } from './requirements.ts';

type Query = z.output<typeof DifferenceQuery>;

/** What differs between two publications, of the same repository or of two, one derivative or all. */
export async function differences(stores: Stores, from: Suite, to: Suite, query: Query): Promise<DifferencePage> {
  const before = await requireRevision(stores, from, query.revision);
  const after = await requireRevision(stores, to, query.toRevision);
  const derivative = query.derivative ?? query.toDerivative ?? null;
  const left: SuiteAt = { ...from, revision: before.revision, derivative };
  const right: SuiteAt = { ...to, revision: after.revision, derivative: query.toDerivative ?? derivative };
  const position = query.cursor === undefined ? undefined : positionOf(query.cursor);

  const { packages, next } = await page(stores, left, right, query.limit, position);
  return {
    from: sideOf(left),
    to: sideOf(right),
    packages,
    files: position ? [] : filesThatDiffer(filesOf(before, left.derivative), filesOf(after, right.derivative)),
    next,
  };
}

type Position = Pick<OneSided, 'name' | 'derivative' | 'architecture'>;

/** Rows to read at once: each is a version, and versions of one package belong together. */
const ROWS = 2_000;

async function page(
  stores: Stores,
  from: SuiteAt,
  to: SuiteAt,
  limit: number,
  after: Position | undefined,
): Promise<{ packages: PackageDifference[]; next: string | null }> {
  const rows = await stores.published.difference(from, to, ROWS, after);
  const groups = [...Map.groupBy(rows, (row) => keyOf(row)).values()];
  // the last one may go on behind what was read
  const whole = rows.length === ROWS && groups.length > 1 ? groups.slice(0, -1) : groups;
  const shown = whole.slice(0, limit).map(together);
  const last = shown.at(-1);
  const more = whole.length > limit || rows.length === ROWS;
  return { packages: shown, next: more && last ? cursorOf(last) : null };
}

function together(versions: OneSided[]): PackageDifference {
  const [{ name, derivative, architecture } = { name: '', derivative: '', architecture: '' }] = versions;
  const on = (side: OneSided['side']) => versions.filter((one) => one.side === side).map(({ version }) => version);
  return { name, derivative, architecture, from: on('from'), to: on('to') };
}

function sideOf({ distribution, derivative, revision }: SuiteAt): DifferencePage['from'] {
  return { distribution, derivative, revision };
}

/** The indexes of a publication by path; of a derivative those below it, by the rest of their path. */
function filesOf(row: PublicationRow, derivative: string | null): Map<string, IndexFile> {
  const files = IndexFile.array().parse(JSON.parse(row.filesJson));
  if (derivative === null) return new Map(files.map((file) => [withoutDigest(file.path), file]));
  const below = `${derivative}/`;
  return new Map(
    files
      .filter(({ path }) => path.startsWith(below))
      .map((file) => [withoutDigest(file.path.slice(below.length)), file]),
  );
}

/** The lists of an RPM repository carry their digest, and the revision, in their names. */
function withoutDigest(path: string): string {
  return path.replace(/\b[0-9a-f]{64}-/, '').replace(/\bsnapshots\/\d+\//, '');
}

function filesThatDiffer(from: Map<string, IndexFile>, to: Map<string, IndexFile>): DifferencePage['files'] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .toSorted()
    .map((path) => ({ path, from: from.get(path) ?? null, to: to.get(path) ?? null }))
    .filter((file) => file.from?.sha256 !== file.to?.sha256);
}

function keyOf({ name, derivative, architecture }: Position): string {
  return [name, derivative, architecture].join(' ');
}

function cursorOf(position: Position): string {
  return Buffer.from(keyOf(position)).toString('base64url');
}

function positionOf(cursor: string): Position {
  const [name, derivative, architecture] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!name || !derivative || !architecture) throw badCursor();
  return { name, derivative, architecture };
}
