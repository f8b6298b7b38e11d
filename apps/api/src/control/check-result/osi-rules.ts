import { OSI_RESULT_FILE, OSI_VERSION, osiStem } from '@fatbuildr/domain';
import type { FormatRules } from './format-rules.ts';

/** Files of one image, and one that is the image itself. */
export const osiRules: FormatRules = {
  kind: 'osi',
  isVersion: (version) => OSI_VERSION.test(version),
  fileFault(name, { source, ...ordered }) {
    const stem = osiStem(source.name, source.version, ordered);
    if (OSI_RESULT_FILE.test(name) && name.startsWith(`${stem}.`)) return undefined;
    return `${name} is no file of the image ${stem}`;
  },
  setFaults: (names) =>
    names.some((name) => !/\.(SHA256SUMS|manifest|changelog)$/.test(name)) ? [] : ['there is no image'],
};
