import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ProblemError } from '@fatbuildr/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authorise, identify, isWorker, type Listener } from './access.ts';
import { contentType } from './content-types.ts';
import type { AppParts } from './parts.ts';
import { sendBytes } from './send-bytes.ts';

/** What consumers may read below an instance; everything else in the tree is the publisher's own. */
const SERVED = /^(?:deb|rpm|osi)\/|^(?:keyring|retired-keys)\.asc$/;
/**
 * Files under a digest: kept by caches for good. The heads of a snapshot are not among them: a publisher whose backup was
 * restored gives the number of a revision again.
 */
const IMMUTABLE = /\/by-hash\/|^[^/]+\/pool\/|\/snapshots\/\d+\/(?:packages\/|repodata\/[0-9a-f]{64}-)/;

/**
 * The published repositories, as any static web server would serve them. Open to everybody, or where the policy says so
 * to those who may view the instance, and to build hosts.
 */
export function mountRepositories(app: FastifyInstance, { config, control }: AppParts, listener: Listener): void {
  const mayRead = async (request: FastifyRequest, instance: string): Promise<void> => {
    if (control.policy.repositories === 'public') return;
    if (await isWorker(control, request)) return;
    authorise(await identify(control, listener, request), 'view', instance);
  };
  for (const { id } of config.instances) {
    app.route({
      method: 'GET',
      url: `/${id}/*`,
      schema: { hide: true },
      onRequest: (request) => mayRead(request, id),
      handler: async (request, reply) => {
        const path = repositoryPath(request.raw.url ?? '', id);
        const file = path === undefined ? undefined : await openBelow(join(config.paths.registry, id), path);
        if (path === undefined || !file) {
          throw new ProblemError('not-found', 'There is no such file in this repository.');
        }
        const { size, mtimeNs, ino } = await file.stat({ bigint: true });
        return sendBytes(request, reply, {
          size: Number(size),
          etag: `"${ino.toString(36)}-${mtimeNs.toString(36)}-${size.toString(36)}"`,
          type: contentType(path),
          cacheControl: `${control.policy.repositories === 'public' ? 'public' : 'private'}, ${freshness(path)}`,
          modified: lastModified(Number(mtimeNs / 1_000_000n), Date.now()),
          open: ({ start, end }) => file.createReadStream({ start, end }),
          release: () => void file.close(),
        });
      },
    });
  }
}

/** The path below the instance that a URL names, decoded once, or undefined when nothing is served there. */
export function repositoryPath(url: string, instance: string): string | undefined {
  const raw = url.split('?')[0] ?? '';
  if (!raw.startsWith(`/${instance}/`)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(raw.slice(instance.length + 2));
  } catch {
    return undefined;
  }
  const plain = path.split('/').every((segment) => segment !== '' && !segment.startsWith('.'));
  return plain && !path.includes('\0') && SERVED.test(path) ? path : undefined;
}

/** How long caches may keep a file, by its path below the instance. */
export function freshness(path: string): string {
  return IMMUTABLE.test(path) ? 'max-age=31536000, immutable' : 'no-cache';
}

/**
 * Dates have seconds only, and a repository may change twice in one. A file that changed less than a second ago is
 * therefore dated a second back: who asks with that date later gets it again instead of "not modified".
 */
export function lastModified(mtimeMs: number, nowMs: number): { sent: number; actual: number } {
  const actual = Math.floor(mtimeMs / 1000);
  return { actual, sent: Math.floor(nowMs / 1000) <= actual ? actual - 1 : actual };
}

/** Opens a regular file below `root`; symbolic links may not lead out. Undefined when there is none. */
async function openBelow(root: string, path: string): Promise<FileHandle | undefined> {
  try {
    const [base, target] = await Promise.all([realpath(root), realpath(join(root, path))]);
    if (!target.startsWith(base + sep)) return undefined;
    const file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  }
}
