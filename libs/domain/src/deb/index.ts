/** Debian's text formats by themselves, for short-lived processes that should not load every schema as well. */
export { Deb822Error, type Field, type Paragraph, parseDeb822 } from './deb822.ts';
export { parseDebVersion } from './version.ts';
