import { type Format, ProblemError, type RegistryPackage, routes } from '@fatbuildr/domain';
import type { Control } from '../control/services.ts';
import { authorise } from './access.ts';
import type { Mount } from './mount.ts';
import { nextPage } from './pages.ts';

/** What is published and was, and tasks that change it. */
export function mountRegistry(mount: Mount, { registry, submissions }: Control): void {
  mount(routes.registry, async ({ params, query, reply }) => {
    const { instance, format, distribution } = params;
    return nextPage(reply, await registry.packages(instance, format, distribution, query));
  });
  mount(routes.registryPackage, async ({ params, query }) => ({
    packages: await packagesNamed(registry, params, query),
  }));
  mount(routes.publications, async ({ params, query, reply }) => {
    const { instance, format, distribution } = params;
    return nextPage(reply, await registry.publications(instance, format, distribution, query));
  });
  mount(routes.publication, ({ params: { instance, format, distribution, revision } }) =>
    registry.publication(instance, format, distribution, revision),
  );
  mount(routes.registryDifference, async ({ params, query, reply }) =>
    nextPage(reply, await registry.difference(params.instance, query)),
  );

  mount(routes.deleteFromRegistry, ({ params, body, principal }) =>
    submissions.deletePackages(params.instance, body, principal),
  );
  mount(routes.promote, ({ params, body, principal }) => submissions.promote(params.instance, body, principal));
  mount(routes.rollBack, ({ params, body, principal }) => submissions.rollBack(params.instance, body, principal));
  mount(routes.checkRegistry, ({ params, body, principal }) => submissions.check(params.instance, body, principal));
  mount(routes.collectRegistry, ({ params, body, principal }) => submissions.collect(params.instance, body, principal));
  mount(routes.importIntoRegistry, ({ params, body, principal }) => {
    // a directory of the publisher's machine is not everybody's to read
    if (body.source.location.startsWith('/')) authorise(principal, 'admin', params.instance);
    return submissions.importPackages(params.instance, body, principal);
  });
}

interface Named {
  instance: string;
  format: Format;
  distribution: string;
  name: string;
}

async function packagesNamed(
  registry: Control['registry'],
  { instance, format, distribution, name }: Named,
  at: { derivative?: string | undefined; revision?: number | undefined },
): Promise<RegistryPackage[]> {
  const found: RegistryPackage[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 200, artifact: name, cursor, ...at };
    const page = await registry.packages(instance, format, distribution, query);
    found.push(...page.packages);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  if (found.length > 0) return found;
  throw new ProblemError('not-found', `Nothing called ${name} is published for ${distribution}.`, {
    hint: `fatbuildrctl registry list -d ${distribution} shows what is.`,
  });
}
