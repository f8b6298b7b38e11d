/** A `Source` or `Patch` of a spec file, macros as far as they could be told. */
export interface SpecDeclaration {
  kind: 'source' | 'patch';
  value: string;
}

/** What can be told of a spec file without parsing it as rpm does, which would run what it says. */
export interface SpecFacts {
  declarations: SpecDeclaration[];
  /** Without the tag of a distribution; undefined where macros make it up. */
  release: string | undefined;
  /** Whether all patches are applied in their order, at level 1. */
  patchesInOrder: boolean;
}

const DECLARATION = /^(source|patch)\d*\s*:\s*(\S.*?)\s*$/i;
const SECTION =
  /^%(package|description|prep|generate_buildrequires|conf|build|install|check|clean|pre|post|preun|postun|pretrans|posttrans|preuntrans|postuntrans|trigger\w*|filetrigger\w*|transfiletrigger\w*|verifyscript|files|changelog|sourcelist|patchlist|sepolicy)\b/;

/** @param known macros that the package's header tells: `name`, `version` */
export function readSpec(spec: string, known: Record<string, string>): SpecFacts {
  const macros = macrosOf(spec, known);
  const lines = spec.split('\n');
  const declarations = lines.flatMap((line): SpecDeclaration[] => {
    const [, kind, value] = DECLARATION.exec(line) ?? [];
    if (kind === undefined || value === undefined) return [];
    return [{ kind: kind.toLowerCase() as SpecDeclaration['kind'], value: expand(value, macros) }];
  });
  const release = /^release\s*:\s*(\S.*?)\s*$/im.exec(spec)?.[1]?.replace(/%\{\?dist\}$/, '');
  const expanded = release === undefined ? undefined : expand(release, macros);
  return {
    declarations,
    release: expanded !== undefined && /^[A-Za-z0-9.+~]+$/.test(expanded) ? expanded : undefined,
    patchesInOrder:
      /^%(?:autosetup\b(?=.*-p\s*1)(?!.*-N)|autopatch\b(?=.*-p\s*1)).*$/m.test(spec) &&
      !/^%if/m.test(lines.slice(0, firstSection(lines)).join('\n')),
  };
}

/**
 * A spec file as a template: version, release and changelog are the farm's. Patches are so where `withPatches` says that the
 * definition has them; everything else stays as it is.
 */
export function specTemplate(spec: string, { withPatches }: { withPatches: boolean }): string {
  const lines = spec.split('\n').map((line) => line.replaceAll(/\{[{%#]/g, "{{ '$&' }}"));
  const changelog = lines.findIndex((line) => /^%changelog\b/.test(line));
  const after = lines.findIndex((line, index) => index > changelog && SECTION.test(line));
  const end = changelog < 0 ? lines.length : changelog;
  const body = changelog < 0 || after < 0 ? lines.slice(0, end) : [...lines.slice(0, changelog), ...lines.slice(after)];
  const head = firstSection(body);
  let patches = withPatches ? ['{{ patches }}'] : [];
  const made = body.flatMap((line, index) => {
    if (index < head && /^version\s*:/i.test(line)) return ['Version: {{ version }}'];
    if (index < head && /^release\s*:/i.test(line)) return ['Release: {{ release }}'];
    if (!withPatches || !/^patch\d*\s*:/i.test(line)) return [line];
    const here = patches;
    patches = [];
    return here;
  });
  return `${made.join('\n').trimEnd()}\n\n{{ changelog }}\n`;
}

function firstSection(lines: readonly string[]): number {
  const found = lines.findIndex((line) => SECTION.test(line));
  return found < 0 ? lines.length : found;
}

/** Macros that are plain texts: what the header tells, tags, and `%global NAME TEXT`. */
function macrosOf(spec: string, known: Record<string, string>): Map<string, string> {
  const macros = new Map(Object.entries(known));
  for (const [, name = '', value = ''] of spec.matchAll(/^%(?:global|define)\s+(\w+)\s+(\S.*?)\s*$/gm)) {
    if (!macros.has(name)) macros.set(name, value);
  }
  const url = /^url\s*:\s*(\S+)/im.exec(spec)?.[1];
  if (url !== undefined && !macros.has('url')) macros.set('url', url);
  return macros;
}

/** Macros that are not known stay. */
function expand(text: string, macros: ReadonlyMap<string, string>): string {
  let result = text;
  // macros may hold others, a few deep
  for (let round = 0; round < 8; round++) {
    const next = result.replaceAll(/%\{(\w+)\}|%(\w+)/g, (whole, braced?: string, bare?: string) => {
      return macros.get(braced ?? bare ?? '') ?? whole;
    });
    if (next === result) break;
    result = next.slice(0, 4096);
  }
  return result;
}
