import type { FarmRepository } from '@fatbuildr/domain';
import type { Rule } from '../network/rules.ts';
import type { Host } from './host.ts';

/** Where the repository at `path` of the api is. */
export function farmUrl(api: string, path: string): string {
  return `${api}/${path.replace(/^\/+|\/+$/g, '')}`;
}

/** What lets a job reach the farm's own repository, as this host: it need not be public. */
export function farmRules({ apiUrl, authorization }: Host, farm: Pick<FarmRepository, 'path'> | null): Rule[] {
  return farm === null ? [] : [{ url: farmUrl(apiUrl, farm.path), mutable: true, direct: true, authorization }];
}
