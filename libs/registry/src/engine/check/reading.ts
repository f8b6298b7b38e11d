import { relative } from 'node:path';
import type { CheckFinding, CheckReport, CheckRequest } from '../../model/check.ts';
import type { PackageFormat } from '../../model/repository.ts';
import { digestFile } from '../../shared/durable.ts';
import type { WriterContext } from '../context.ts';

const PROGRESS_FILES = 1000;

/** What a file is to hold. */
export interface Content {
  size: number;
  sha256: string;
}

/** Why a file is not what it is to be: for people, and whether it is there at all. */
export interface Fault {
  kind: 'damaged' | 'missing';
  message: string;
}

/** What one check shares. */
export interface Reading {
  context: WriterContext;
  request: CheckRequest;
  report: CheckReport;
  /** Reads a file whole. @returns what is wrong with it, if anything */
  look(path: string, content: Content): Promise<Fault | undefined>;
  tell(format: PackageFormat, path: string, finding: Pick<CheckFinding, 'kind' | 'message' | 'hint'>): void;
}

/** @throws the reason of the request's signal, between two files */
export function startReading(context: WriterContext, request: CheckRequest): Reading {
  const report: CheckReport = { files: 0, bytes: 0, damaged: 0, missing: 0, past: 0, foreign: 0, mended: 0 };
  return {
    context,
    request,
    report,
    async look(path, { size, sha256 }) {
      request.signal?.throwIfAborted();
      const found = await digestFile(path, size).catch((error: NodeJS.ErrnoException) => error);
      report.files += 1;
      if (report.files % PROGRESS_FILES === 0) request.progress?.(report.files);
      if (found instanceof Error) return faultOf(found);
      report.bytes += found.size;
      if (found.size !== size) return { kind: 'damaged', message: `it has ${found.size} bytes, not ${size}` };
      if (found.sha256 === sha256) return undefined;
      return { kind: 'damaged', message: `its sha256 is ${found.sha256}, not ${sha256}` };
    },
    tell(format, path, finding) {
      report[finding.kind] += 1;
      request.found({ format, path: relative(context.tree, path), ...finding });
    },
  };
}

function faultOf(error: NodeJS.ErrnoException): Fault {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return { kind: 'missing', message: 'it is not there' };
  return { kind: 'damaged', message: `it cannot be read: ${error.message}` };
}
