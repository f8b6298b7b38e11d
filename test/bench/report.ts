import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One number that a bench found. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** What it is to reach, if anything. */
  target?: { atMost: number } | { atLeast: number } | { below: number };
  /** What `value` is the median of. */
  samples?: number[];
}

/** What one bench found and how. */
export interface Report {
  title: string;
  /** How it was measured, in a few sentences. */
  how: string;
  figures: Figure[];
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The value below which the share `q` of the samples lies. */
function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** A figure that is the median of its samples. */
export function medianOf(name: string, unit: string, samples: number[], target?: Figure['target']): Figure {
  return { name, unit, value: median(samples), samples, ...(target && { target }) };
}

export function isReached({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  if ('atMost' in target) return value <= target.atMost;
  if ('below' in target) return value < target.below;
  return value >= target.atLeast;
}

/** A table for people. */
export function printReport({ title, how, figures }: Report): void {
  const rows = figures.map((figure) => [
    figure.name,
    `${rounded(figure.value)} ${figure.unit}`.trim(),
    spread(figure),
    targetText(figure),
    { true: 'reached', false: 'MISSED', undefined: '' }[String(isReached(figure))] ?? '',
  ]);
  const table = [['figure', 'value', 'lowest … highest', 'target', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  console.log(`\n== ${title}\n${how}\n`);
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** The same for programs, with what the machine was; returns the file. */
export async function writeReport(name: string, report: Report): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: root }).catch(() => ({
    stdout: '',
  }));
  const document = {
    bench: name,
    date: new Date().toISOString(),
    revision: stdout.trim() || null,
    node: process.version,
    machine: { cores: cpus().length, model: cpus()[0]?.model, memory: totalmem(), load: loadavg() },
    ...report,
    figures: report.figures.map((figure) => ({ ...figure, reached: isReached(figure) ?? null })),
  };
  const file = join(root, 'reports/bench', `${name}.json`);
  await mkdir(join(root, 'reports/bench'), { recursive: true });
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}

function spread({ samples }: Figure): string {
  if (!samples || samples.length < 2) return '';
  return `${rounded(Math.min(...samples))} … ${rounded(Math.max(...samples))} (${samples.length})`;
}

function targetText({ target }: Figure): string {
  if (!target) return '';
  if ('atMost' in target) return `≤ ${target.atMost}`;
  if ('below' in target) return `< ${target.below}`;
  return `≥ ${target.atLeast}`;
}

/** Three digits that count, and no fraction of large numbers. */
function rounded(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
