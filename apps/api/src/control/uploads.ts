import { statSync, unlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { OffsetError } from '@fatbuildr/blobs';
import type { Config } from '@fatbuildr/config';
import type { UploadRow } from '@fatbuildr/database';
import { newId, ProblemError, type Upload } from '@fatbuildr/domain';
import { audit } from './audit.ts';
import { type Context, change } from './context.ts';
import type { Uploads } from './services.ts';

/** Below this share of free disk no upload is begun. */
const UPLOAD_FLOOR = 0.05;

/** @throws {ProblemError} `too-large` for more bytes than an upload may have */
export function requireUploadable(
  { api }: Pick<Config, 'api'>,
  { length, name = 'this one' }: { length: number; name?: string | undefined },
): void {
  if (length <= api.uploadLimit) return;
  throw new ProblemError('too-large', `Uploads are limited to ${api.uploadLimit} bytes, ${name} has ${length}.`, {
    hint: 'Have artifact.yml name sources by URL rather than bring them along, or have api.uploadLimit raised.',
  });
}

export function createUploads(context: Context): Uploads {
  const { database, blobs, config, clock } = context;
  /** Who writes each upload. */
  const writers = new Map<string, { body: Readable; over: Promise<Upload> }>();

  async function find(id: string): Promise<UploadRow> {
    const row = await database.stores.blobs.upload(id);
    if (row) return row;
    throw new ProblemError('not-found', `There is no upload ${id}.`, { hint: 'Uploads end with time: begin anew.' });
  }

  async function view(row: UploadRow): Promise<Upload> {
    const { id, length, sha256 } = row;
    return { id, length, sha256, offset: sha256 === null ? await blobs.partials.length(id) : length };
  }

  /** The last byte is in: the file becomes a blob under the digest computed here. */
  async function complete(row: UploadRow): Promise<UploadRow> {
    const { sha256, size } = await blobs.partials.finish(row.id);
    await change(context, async (tx) => {
      await tx.blobs.add({ sha256, size, created: tx.now });
      await tx.blobs.completeUpload(row.id, sha256);
    });
    await blobs.partials.remove(row.id);
    return { ...row, sha256 };
  }

  async function write(id: string, offset: number, body: Readable): Promise<Upload> {
    const row = await find(id);
    if (row.sha256 !== null) {
      if (offset === row.length) return view(row);
      throw wrongOffset(row.length);
    }
    const length = await blobs.partials.append(id, offset, body, row.length).catch((error: unknown) => {
      throw error instanceof OffsetError ? wrongOffset(error.length) : error;
    });
    return view(length === row.length ? await complete(row) : row);
  }

  /** One writer at a time. A later one takes over: the connection of the earlier may be dead without anybody knowing. */
  async function append(id: string, offset: number, body: Readable): Promise<Upload> {
    const earlier = writers.get(id);
    earlier?.body.destroy();
    const turn = earlier ? earlier.over.catch(() => undefined) : Promise.resolve();
    const writer = { body, over: turn.then(() => write(id, offset, body)) };
    writers.set(id, writer);
    try {
      return await writer.over;
    } catch (error) {
      if (writers.get(id) === writer) throw error;
      throw new ProblemError('conflict', `Another request goes on with upload ${id}.`);
    } finally {
      if (writers.get(id) === writer) writers.delete(id);
    }
  }

  return {
    async create(request, by) {
      requireUploadable(config, request);
      if ((await context.freeSpace()) < UPLOAD_FLOOR) {
        throw new ProblemError('no-space', 'The disk of the farm is nearly full.', { hint: 'Try again later.' });
      }
      const row: UploadRow = {
        id: newId(),
        length: request.length,
        name: request.name ?? null,
        sha256: null,
        requestedBy: by.name,
        created: clock(),
      };
      await blobs.partials.create(row.id);
      await change(context, async (tx) => {
        await tx.blobs.insertUpload(row);
        await audit(tx, by, 'upload', row.id, row.name);
      });
      return view(row.length === 0 ? await complete(row) : row);
    },

    async get(id) {
      const found = await view(await find(id));
      // Whole but without its digest: the process that had it all died before it said so.
      const cutOff = found.sha256 === null && found.offset === found.length && !writers.has(id);
      return cutOff ? append(id, found.length, Readable.from([])) : found;
    },

    append,

    async remove(id) {
      await find(id);
      await blobs.partials.remove(id);
      await database.stores.blobs.removeUpload(id);
    },

    blob: (sha256) => database.stores.blobs.size(sha256),
  };
}

function wrongOffset(offset: number): ProblemError {
  return new ProblemError('upload-offset', `The upload has ${offset} bytes.`, { members: { offset } });
}

/** Removes uploads that were not finished, and blobs that no task names, once they are old enough (`retention.uploads`). */
export async function collectUploads(context: Context): Promise<void> {
  const { blobs, config } = context;
  const partials: string[] = [];
  await change(context, async (tx) => {
    const before = tx.now - config.retention.uploads;
    for (const upload of await tx.blobs.uploadsBefore(before)) {
      await tx.blobs.removeUpload(upload.id);
      partials.push(upload.id);
    }
    for (const sha256 of await tx.blobs.unnamed(before)) {
      // Within the transaction, and only if the file is as old: the same content may be arriving just now.
      if (!unlinkIfOlder(blobs.path(sha256), before)) continue;
      await tx.blobs.forget(sha256);
      context.log.info({ sha256 }, 'blob removed that no task names');
    }
  });
  for (const id of partials) await blobs.partials.remove(id);
  await collectUnrecorded(context);
}

/** Removes files that were stored but never recorded: of attempts that were lost meanwhile, and of a process that died. */
async function collectUnrecorded({ blobs, database, config, clock, log }: Context): Promise<void> {
  const { stores } = database;
  const before = clock() - config.retention.uploads;
  for (const sha256 of await blobs.digests()) {
    if ((await stores.blobs.size(sha256)) !== undefined || !unlinkIfOlder(blobs.path(sha256), before)) continue;
    log.info({ sha256 }, 'blob removed that was never recorded');
  }
  for (const id of await blobs.partials.ids()) {
    if (!(await stores.blobs.upload(id)) && (await blobs.partials.modified(id)) < before)
      await blobs.partials.remove(id);
  }
}

function unlinkIfOlder(path: string, time: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && found.mtimeMs >= time) return false;
  if (found) unlinkSync(path);
  return true;
}
