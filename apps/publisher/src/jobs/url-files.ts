import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type AttemptApi, mayPass } from '@fatbuildr/client/worker';
import { Failure, ProblemError } from '@fatbuildr/domain';
import { type OriginFiles, tooLarge } from '@fatbuildr/registry';

export interface UrlFilesOptions {
  fetchOrigin: AttemptApi['fetchOrigin'];
  signal: AbortSignal;
  /** Waits (ms) after attempts that brought nothing. */
  backoffMs?: readonly number[];
}

/**
 * The files of a repository that a web server offers, which the api passes on: the publisher has no network. A download
 * that breaks is continued where it broke.
 */
export function urlFiles(location: string, options: UrlFilesOptions): OriginFiles {
  const { fetchOrigin, signal, backoffMs = [1000, 5000, 15_000, 60_000, 60_000, 60_000] } = options;

  function attempt(path: string, partial: Partial, most: number): Promise<void> {
    return fetchOrigin(path, partial.size, async (from, bytes) => {
      if (from !== partial.size) partial.restart();
      for await (const chunk of bytes) {
        if (partial.size + chunk.length > most) throw tooLarge(`${location} ${path}`, most);
        await partial.append(chunk);
      }
    });
  }

  return {
    location,
    atOnce: 6,
    packageFiles: async () => [],
    async copy(path, to, most) {
      await using out = await open(to, 'w', 0o644);
      const partial = openPartial(out);
      for (let failures = 0; ; ) {
        const before = partial.size;
        try {
          await attempt(path, partial, most);
          return await partial.result();
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof ProblemError && error.kind === 'not-found') return undefined;
          failures = partial.size > before ? 1 : failures + 1;
          const pause = backoffMs[failures - 1];
          if (error instanceof Failure || !mayPass(error) || pause === undefined) throw refusal(error);
          await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      }
    },
  };
}

/** What the api says of a file that cannot be had, as the end of a task. */
function refusal(error: unknown): unknown {
  if (!(error instanceof ProblemError) || error.kind === 'stale-fence') return error;
  const { message, hint = 'see that the server can be reached from the machine of the api, and try again' } = error;
  const outcome = error.kind === 'unprocessable' ? 'rejected' : 'infrastructure-failure';
  return new Failure(outcome, message, { hint, cause: error });
}

type Partial = ReturnType<typeof openPartial>;

/** What there is of a file, hashed as it comes. */
function openPartial(out: FileHandle) {
  let hash = createHash('sha256');
  let size = 0;
  return {
    get size() {
      return size;
    },
    restart() {
      hash = createHash('sha256');
      size = 0;
    },
    async append(chunk: Uint8Array) {
      hash.update(chunk);
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await out.write(chunk, done, chunk.length - done, size);
        done += bytesWritten;
        size += bytesWritten;
      }
    },
    async result() {
      await out.truncate(size);
      return { size, sha256: hash.digest('hex') };
    },
  };
}
