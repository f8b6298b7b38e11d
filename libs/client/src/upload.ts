import type { FileRef } from '@fatbuildr/domain';
import { streams } from '@fatbuildr/domain/client-side';
import { ApiProblem, call, pathOf, send, type Transport } from './call.ts';

/** Something to upload: its bytes can be read again from any offset, so that a cut connection can be resumed. */
export interface UploadSource {
  name: string;
  size: number;
  /** The bytes from `start` to `end` (not included). */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

const CHUNK = 8 * 1024 * 1024;
const TRIES = 5;

/**
 * Sends a file in chunks and returns what the server made of it. A chunk that fails is tried again from where the
 * server says it is; it gives up when five tries in a row brought no byte further.
 */
export async function upload(
  transport: Transport,
  source: UploadSource,
  options: { onProgress?: (sent: number) => void; signal?: AbortSignal } = {},
): Promise<FileRef> {
  const signal = options.signal ? { signal: options.signal } : {};
  const created = await call(transport, 'createUpload', {
    body: { length: source.size, name: source.name },
    ...signal,
  });
  const path = pathOf(streams.uploadChunk, { upload: created.id });
  let offset = created.offset;
  let failures = 0;
  while (offset < source.size) {
    const bytes = await source.read(offset, Math.min(offset + CHUNK, source.size));
    try {
      await send(transport, path, {
        method: 'PATCH',
        headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        body: bytes,
        ...signal,
      });
      offset += bytes.byteLength;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (options.signal?.aborted || failures >= TRIES || !isResumable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** failures));
      const known = await call(transport, 'upload', { params: { upload: created.id }, ...signal });
      if (known.offset > offset) failures = 0;
      offset = known.offset;
    }
    options.onProgress?.(offset);
  }
  const done = await call(transport, 'upload', { params: { upload: created.id }, ...signal });
  if (!done.sha256) throw new Error(`the server has ${done.offset} of ${done.length} bytes of ${source.name}`);
  return { name: source.name, size: source.size, sha256: done.sha256 };
}

/** Lost connections, a server that is away and a misplaced offset can be resumed; any other answer is final. */
function isResumable(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return true;
  return error.kind === 'upload-offset' || error.status >= 500;
}
