const BY_ENDING: readonly (readonly [RegExp, string])[] = [
  [/\.u?d?deb$/, 'application/vnd.debian.binary-package'],
  [/\.rpm$/, 'application/x-rpm'],
  [/\.gz$/, 'application/gzip'],
  [/\.xz$/, 'application/x-xz'],
  [/\.zst$/, 'application/zstd'],
  [/\.bz2$/, 'application/x-bzip2'],
  [/(^|\/)(?:keyring|retired-keys)\.asc$/, 'application/pgp-keys'],
  [/\.(asc|gpg)$/, 'application/pgp-signature'],
  [/\.xml$/, 'application/xml'],
  [/\.(dsc|changes|buildinfo|sources|repo|log|txt)$/, 'text/plain; charset=utf-8'],
  [/(^|\/)(InRelease|Release|Packages|Sources|SHA256SUMS|mirrorlist)$/, 'text/plain; charset=utf-8'],
];

/** The media type of a file of a repository or a build, by its name. */
export function contentType(name: string): string {
  return BY_ENDING.find(([ending]) => ending.test(name))?.[1] ?? 'application/octet-stream';
}
