import { parseDebVersion } from '@fatbuildr/domain/deb';

/** Debian Policy 5.6.1 and 5.6.7; upper case is not policy but dpkg takes it. */
export const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9+.-]+$/;

/** Debian Policy 5.6.12. */
export const VERSION = { test: (text: string) => parseDebVersion(text) !== undefined };

/** One Debian architecture, or `all`. */
export const ARCHITECTURE = /^[a-z0-9][a-z0-9-]*$/;

/** A base name in a `.dsc` or `.changes`: nothing that could leave its directory. */
export const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9.+~:_%=@-]*$/;
