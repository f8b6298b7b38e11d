import { createHash } from 'node:crypto';
import { lookup as lookupHost } from 'node:dns';
import { type FileHandle, open } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@fatbuildr/domain';
import type { OriginFiles } from '@fatbuildr/registry';
import { download, StatusError, troubleOf } from '@fatbuildr/service';

export interface UrlFilesOptions {
  /** Whether the server may be at an address that is not public. */
  allowPrivate: boolean;
  signal: AbortSignal;
  /** Waits (ms) after attempts that brought nothing. */
  backoffMs?: readonly number[];
  /** How long (ms) the server may send nothing. */
  stallMs?: number;
}

/** What servers answer for a file that they do not have; object stores that do not list say 403. */
const ABSENT = [403, 404, 410];
/** Nothing from the byte on that was asked for. */
const NO_SUCH_RANGE = 416;
/** For one file, however often its server falls silent. */
const LONGEST_MS = 6 * 3_600_000;

/**
 * The files of a repository that a web server offers. A download that breaks is continued where it broke; redirects are
 * followed, to public addresses and not from https to http.
 *
 * @throws Failure `rejected` for a URL with more in it than a place
 */
export function urlFiles(location: string, options: UrlFilesOptions): OriginFiles {
  const { signal, backoffMs = [1000, 5000, 15_000, 60_000] } = options;
  const base = parsedLocation(location);
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

  async function attempt(url: string, partial: Partial, most: number, deadline: AbortSignal): Promise<void> {
    await download({
      url,
      ...{ from: partial.size, allowPrivate: options.allowPrivate, mayDowngrade: false, lookup: lookupHost },
      ...{ maxBytes: Number.MAX_SAFE_INTEGER, stallMs: options.stallMs ?? 30_000 },
      signal: AbortSignal.any([signal, deadline]),
      agentFor: ({ protocol }) => agents[protocol as keyof typeof agents],
      async onBegin(from) {
        if (from !== partial.size) partial.restart();
        if (from !== 0 && from !== partial.size) throw new Error('the server sent another part than was asked for');
      },
      async onChunk(chunk) {
        if (partial.size + chunk.length > most) throw tooLarge(url, most);
        await partial.append(chunk);
      },
    });
  }

  return {
    location,
    atOnce: 6,
    packageFiles: async () => [],
    async copy(path, to, most) {
      const url = new URL(path.split('/').map(encodeURIComponent).join('/'), base).href;
      await using out = await open(to, 'w', 0o644);
      const partial = openPartial(out);
      const deadline = AbortSignal.timeout(LONGEST_MS);
      for (let failures = 0; ; ) {
        const before = partial.size;
        try {
          await attempt(url, partial, most, deadline);
          return partial.result();
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof Failure) throw error;
          if (error instanceof StatusError && ABSENT.includes(error.status)) return undefined;
          const { outcome, mayPass, text } = troubleOf(error);
          const isOver = error instanceof StatusError && error.status === NO_SUCH_RANGE && before > 0;
          if (isOver) partial.restart();
          failures = partial.size > before ? 0 : failures + 1;
          const pause = backoffMs[Math.max(0, failures - 1)];
          if ((!mayPass && !isOver) || pause === undefined) {
            throw new Failure(outcome, `${url} could not be fetched: ${text}`, {
              hint: 'see that the server can be reached from the publisher’s machine, and try again: what is in the pool is not fetched anew',
              cause: error,
            });
          }
          await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      }
    },
  };
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
    async append(chunk: Buffer) {
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

/** Ends in a slash, so that paths go below it. */
function parsedLocation(location: string): URL {
  const url = URL.parse(location.endsWith('/') ? location : `${location}/`);
  if (url && url.username + url.password + url.search + url.hash === '') return url;
  throw new Failure('rejected', 'the location is no plain URL: a name and password, a query or a fragment is in it', {
    hint: 'what is written there is kept with the task; serve the repository without them, or import it from a directory',
  });
}

function tooLarge(url: string, most: number): Failure {
  return new Failure('rejected', `${url} has more than the ${most} bytes that it may have`, {
    hint: 'the repository may have changed meanwhile: try again; if that does not help, it is damaged',
  });
}
