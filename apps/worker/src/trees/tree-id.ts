import type { Format, HeldTree } from '@fatbuildr/domain';

/** What a tree is, whatever its generation. */
export type TreeId = Pick<
  HeldTree,
  'kind' | 'name' | 'instance' | 'format' | 'environment' | 'architecture' | 'builder' | 'madeFrom'
>;

/** What mkosi runs in while it makes images: a Debian, known by its suite. */
export function bootstrapId(suite: string, architecture: string): TreeId {
  return { kind: 'bootstrap', name: suite, instance: null, format: null, environment: null, architecture };
}

/** The image of a format's tools; it is of the host's own architecture. */
export function imageId(format: Format, architecture: string): TreeId {
  return { kind: 'image', name: format, instance: null, format, environment: null, architecture };
}

export function environmentId({
  instance,
  format,
  name,
  architecture,
}: {
  instance: string;
  format: Format;
  name: string;
  architecture: string;
}): TreeId {
  return {
    kind: 'environment',
    name: `${instance}/${format}/${name}-${architecture}`,
    instance,
    format,
    environment: name,
    architecture,
  };
}
