import { archName, isRpmVersion, parseRpmFileName } from '@fatbuildr/domain';
import type { FormatRules } from './format-rules.ts';

/** Packages, and the source package from the job that hands it in. */
export const rpmRules: FormatRules = {
  kind: 'RPM',
  isVersion: isRpmVersion,
  fileFault(name, { architecture, primary, part, withSource }) {
    const own = parseRpmFileName(name)?.architecture;
    if (own === undefined) return `${name} is no file of an RPM build`;
    const native = archName(architecture, 'rpm');
    const binaries = primary ? [native, 'noarch'] : [native];
    const allowed = [...(part === 'source' ? [] : binaries), ...(withSource ? ['src'] : [])];
    return allowed.includes(own) ? undefined : `${name} is for ${own}, ordered was ${allowed.join(' or ')}`;
  },
  setFaults(names, { part, source, withSource }) {
    const expected = `${source.name}-${source.version}.src.rpm`;
    const sources = names.filter((name) => name.endsWith('.src.rpm'));
    const faults: string[] = [];
    if (part !== 'source' && names.length === sources.length) faults.push('there is no package');
    if (withSource && (sources.length !== 1 || sources[0] !== expected)) {
      faults.push(`${expected} is missing or not the only source package`);
    }
    return faults;
  },
};
