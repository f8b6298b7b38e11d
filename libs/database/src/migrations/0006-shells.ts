/** How the shell of an attempt ended: whoever was cut off just then comes again to ask. */
export const shells = `
ALTER TABLE attempts ADD COLUMN shell_json TEXT;
`;
