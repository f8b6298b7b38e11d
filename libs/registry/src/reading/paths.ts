const MOST_PATHS = 500_000;
const MOST_CHARACTERS = 32 << 20;

/**
 * Counts the paths that a package owns. Who keeps the registry sorts, renders and packs them, so they are bounded as
 * the files of Debian's largest packages times five are.
 *
 * @returns to be told each; it answers what there is too much of, if anything
 */
export function pathCounter(): (path: string) => string | undefined {
  let [paths, characters] = [0, 0];
  return (path) => {
    paths += 1;
    characters += path.length;
    if (paths > MOST_PATHS) return `more than ${MOST_PATHS} files`;
    return characters > MOST_CHARACTERS ? `names of files of more than ${MOST_CHARACTERS} characters` : undefined;
  };
}
