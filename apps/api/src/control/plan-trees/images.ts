import type { Config } from '@fatbuildr/config';
import type { Format, ImageOrder, ImageRequest, Instance } from '@fatbuildr/domain';
import type { z } from 'zod';
import { hostCapability } from '../capabilities.ts';
import type { Change } from '../context.ts';
import type { Plan } from '../new-task.ts';
import { treeLimits } from '../recipes.ts';
import { unprocessable } from '../refusal.ts';
import { requireBlobs, requireInstance } from '../requirements.ts';
import type { NewJob } from '../transitions.ts';
import { hostsOfArchitectures, presentHosts } from './hosts.ts';

/** An operation on tool images: one job for each worker that serves the instance, and format. */
export async function planImages(
  tx: Change,
  config: Config,
  { id, instance: name }: { id: string; instance: string },
  request: z.output<typeof ImageRequest>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  const { operation } = request;
  const formats = operation === 'import' ? [request.format] : [...new Set(request.formats ?? formatsOf(instance))];
  const archive = operation === 'import' ? request.archive : null;
  if (archive !== null) await requireBlobs(tx, id, [archive]);
  const hosts = hostsOfArchitectures(await presentHosts(tx, instance.id), request.architectures);
  const order = (format: Format): ImageOrder => ({
    kind: 'image',
    operation,
    format,
    ...recipesOf(config, format),
    archive,
    force: operation !== 'import' && request.force,
    limits: treeLimits(config),
  });
  const jobs = hosts.flatMap(({ row }) =>
    formats.map(
      (format): NewJob => ({
        name: `image:${format}@${row.name}`,
        capability: hostCapability(row.id),
        order: order(format),
      }),
    ),
  );
  return { jobs, task: { format: formats.length === 1 ? (formats[0] ?? null) : null } };
}

function recipesOf({ images }: Config, format: Format): Pick<ImageOrder, 'recipe' | 'bootstrap'> {
  const { distribution, release, mirror, packages } = images[format];
  const { bootstrap } = images;
  return {
    recipe: { distribution, release, mirror: mirror ?? null, packages },
    bootstrap: { release: bootstrap.release, mirror: bootstrap.mirror ?? null },
  };
}

/** Those that an instance has distributions of: nobody is asked to make images that nothing needs. */
function formatsOf({ id, distributions }: Instance): Format[] {
  if (distributions.length > 0) return distributions.map(({ format }) => format);
  throw unprocessable(`Instance ${id} has no distribution, so it needs no image.`, 'Name one with: -f FORMAT');
}
