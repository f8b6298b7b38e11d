import { archName, isRpmVersion, parseRpmFileName } from '@fatbuildr/domain';
import type { FormatRules } from './format-rules.ts';

/** Packages, and the source package from the job that hands it in. */
export const rpmRules: FormatRules = {
  kind: 'RPM',
  isVersion: isRpmVersion,
  fileFault(name, { architecture, primary }) {
    const own = parseRpmFileName(name)?.architecture;
    if (own === undefined) return `${name} is no file of an RPM build`;
    const native = archName(architecture, 'rpm');
    const allowed = primary ? [native, 'noarch', 'src'] : [native];
    return allowed.includes(own) ? undefined : `${name} is for ${own}, ordered was ${allowed.join(' or ')}`;
  },
  setFaults(names, { primary, source }) {
    const expected = `${source.name}-${source.version}.src.rpm`;
    const sources = names.filter((name) => name.endsWith('.src.rpm'));
    const faults: string[] = [];
    if (names.length === sources.length) faults.push('there is no package');
    if (primary && (sources.length !== 1 || sources[0] !== expected)) {
      faults.push(`${expected} is missing or not the only source package`);
    }
    return faults;
  },
};
