import { mkdir } from 'node:fs/promises';
import { perKey } from '../shared/one-by-one.ts';
import { imagesOf } from './checksums.ts';
import { osiLayout, osiPath } from './layout.ts';
import { readHead, recoverOsi, writeOsiPublication } from './publish.ts';
import type { OsiRegistry } from './types.ts';

/**
 * Opens the repositories of OS images below `tree`. What is published stands in the tree alone: the checksum file that the
 * head names.
 */
export async function openOsiRegistry(context: { tree: string; scratch: string }): Promise<OsiRegistry> {
  await mkdir(context.scratch, { recursive: true });
  const inTurn = perKey();
  return {
    ensurePublished: ({ repository, signer, resign = false }) =>
      inTurn(osiPath(repository), async () => {
        await recoverOsi(context, repository);
        const head = await readHead(osiLayout(context.tree, repository));
        if (head && !resign) return false;
        await writeOsiPublication(context, { repository, signer });
        return true;
      }),
    publish: (request) => inTurn(osiPath(request.repository), () => writeOsiPublication(context, request)),
    async list(repository) {
      const head = await readHead(osiLayout(context.tree, repository));
      return imagesOf(head?.checksums.keys() ?? []);
    },
    recover: (repository) => inTurn(osiPath(repository), () => recoverOsi(context, repository)),
  };
}
