/** Where the repository at `path` of the api is. */
export function farmUrl(api: string, path: string): string {
  return `${api}/${path.replace(/^\/+|\/+$/g, '')}`;
}
