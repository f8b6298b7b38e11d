/** What the name of a package file says: `hello-2.10-1.el9.x86_64.rpm`. */
export interface RpmFileName {
  name: string;
  version: string;
  release: string;
  /** `src` of a source package, `noarch` of one for all. */
  architecture: string;
}

const PATTERN = /^([A-Za-z0-9][A-Za-z0-9+._-]*)-([A-Za-z0-9.+~^_]+)-([A-Za-z0-9.+~^_]+)\.([a-z0-9_]+)\.rpm$/;

/** The parts of a package's file name, or undefined when it is not one. An epoch is never in it. */
export function parseRpmFileName(file: string): RpmFileName | undefined {
  const [, name, version, release, architecture] = PATTERN.exec(file) ?? [];
  if (name === undefined || version === undefined || release === undefined || architecture === undefined) {
    return undefined;
  }
  return { name, version, release, architecture };
}
