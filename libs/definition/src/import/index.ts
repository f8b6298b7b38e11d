export { importDsc } from './import-dsc.ts';
export { importSourceRpm } from './import-source-rpm.ts';
export type { Imported } from './imported.ts';
