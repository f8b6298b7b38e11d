import { DEB_RESULT_FILE, debArchitectureOf, parseDebVersion, withoutEpoch } from '@fatbuildr/domain';
import type { FormatRules } from './format-rules.ts';

const SOURCE_FILE = /\.(?:dsc|diff\.gz|tar\.[a-z0-9]+(?:\.asc)?)$/;
const PACKAGE = /\.(?:deb|udeb|ddeb)$/;
const BINARY = /\.u?deb$/;

/** One .changes and packages, and the source package, from whose job is to hand them in. */
export const debRules: FormatRules = {
  kind: 'Debian',
  isVersion: (version) => parseDebVersion(version) !== undefined,
  fileFault(name, { architecture, primary, part, withSource }) {
    if (!DEB_RESULT_FILE.test(name)) return `${name} is no file of a Debian build`;
    const isSource = SOURCE_FILE.test(name);
    if (isSource ? !withSource : part === 'source') return `${name} is not what this job was to make`;
    const allowed = primary ? [architecture, 'all'] : [architecture];
    const own = debArchitectureOf(name);
    if (own === undefined ? !PACKAGE.test(name) : allowed.includes(own)) return undefined;
    return `${name} is for ${own ?? 'no architecture'}, ordered was ${allowed.join(' or ')}`;
  },
  setFaults(names, ordered) {
    const { part, source, withSource } = ordered;
    const stem = `${source.name}_${withoutEpoch(source.version)}`;
    const faults = part === 'source' ? [] : binaryFaults(names, `${stem}_${ordered.architecture}.changes`);
    if (withSource && !names.includes(`${stem}.dsc`)) faults.push(`${stem}.dsc is missing`);
    if (names.filter((name) => name.endsWith('.dsc')).length > 1) faults.push('there is more than one .dsc file');
    return faults;
  },
};

function binaryFaults(names: readonly string[], expected: string): string[] {
  const faults: string[] = [];
  const changes = names.filter((name) => name.endsWith('.changes'));
  if (changes.length !== 1 || changes[0] !== expected) {
    faults.push(`${expected} is missing or not the only .changes file`);
  }
  if (!names.some((name) => BINARY.test(name))) faults.push('there is no package');
  return faults;
}
