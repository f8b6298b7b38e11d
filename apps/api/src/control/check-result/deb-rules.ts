import { DEB_RESULT_FILE, parseDebVersion, withoutEpoch } from '@fatbuildr/domain';
import type { FormatRules } from './format-rules.ts';

/** One .changes, packages, and the source package from the job that hands it in. */
export const debRules: FormatRules = {
  kind: 'Debian',
  isVersion: (version) => parseDebVersion(version) !== undefined,
  fileFault(name, { architecture, primary }) {
    if (!DEB_RESULT_FILE.test(name)) return `${name} is no file of a Debian build`;
    const allowed = primary ? [architecture, 'all'] : [architecture];
    const own = /_([^_]+)\.(?:deb|udeb|ddeb)$/.exec(name)?.[1];
    if (own === undefined || allowed.includes(own)) return undefined;
    return `${name} is for ${own}, ordered was ${allowed.join(' or ')}`;
  },
  setFaults(names, { architecture, primary, source }) {
    const faults: string[] = [];
    const stem = `${source.name}_${withoutEpoch(source.version)}`;
    const changes = names.filter((name) => name.endsWith('.changes'));
    const expected = `${stem}_${architecture}.changes`;
    if (changes.length !== 1 || changes[0] !== expected) {
      faults.push(`${expected} is missing or not the only .changes file`);
    }
    if (!names.some((name) => name.endsWith('.deb') || name.endsWith('.udeb'))) faults.push('there is no package');
    if (primary && !names.includes(`${stem}.dsc`)) faults.push(`${stem}.dsc is missing`);
    if (names.filter((name) => name.endsWith('.dsc')).length > 1) faults.push('there is more than one .dsc file');
    return faults;
  },
};
