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
import { holdsImage } from '../trees.ts';
import { hostsOfArchitectures, presentHosts } from './hosts.ts';

/**
 * An operation on tool images: one job for each worker that serves the instance, and format; for an update, where there is
 * an image to bring up to date.
 */
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
  const jobs = hosts.flatMap(({ row, report }) =>
    formats
      .filter((format) => operation !== 'update' || holdsImage(report, format))
      .map(
        (format): NewJob => ({
          name: `image:${format}@${row.name}`,
          capability: hostCapability(row.id),
          order: order(format),
        }),
      ),
  );
  const bare = formats.filter((format) => hosts.every(({ report }) => !holdsImage(report, format)));
  // What was not asked for by name is left out where there is none.
  const isAsked = operation === 'update' && request.formats !== undefined && bare.length > 0;
  if (jobs.length === 0 || isAsked) throw nothingToUpdate(instance, bare);
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

function nothingToUpdate({ id }: Instance, formats: Format[]) {
  return unprocessable(
    `No worker has a tool image for ${formats.join(' or ')} that could be brought up to date.`,
    `Create it with: fatbuildrctl images create ${formats.map((format) => `-f ${format}`).join(' ')} --instance ${id}`,
  );
}

/** Those that an instance has distributions of: nobody is asked to make images that nothing needs. */
function formatsOf({ id, distributions }: Instance): Format[] {
  if (distributions.length > 0) return distributions.map(({ format }) => format);
  throw unprocessable(`Instance ${id} has no distribution, so it needs no image.`, 'Name one with: -f FORMAT');
}
