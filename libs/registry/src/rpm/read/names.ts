/** What rpm's own build takes for a name; nothing that could leave a directory. */
export const PACKAGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

/** A version or a release: no dash, which separates them. */
export const EVR_PART = /^[A-Za-z0-9._+~^%{}]+$/;

export const RPM_ARCHITECTURE = /^[a-z0-9][a-z0-9_]*$/i;
