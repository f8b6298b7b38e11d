/** RPM's file format and versions by themselves, for readers and signers of packages. */
export { compareEvr, compareRpmVersions, type Evr, parseEvr, renderEvr } from './evr.ts';
export { type Header, type HeaderEntry, parseHeader, TYPE, UnreadableRpm } from './header.ts';
export { LEAD_SIZE, locateRpmParts, type RpmParts } from './package.ts';
export { renderHeader } from './render-header.ts';
export { binary, number, numbers, strings, text } from './values.ts';
