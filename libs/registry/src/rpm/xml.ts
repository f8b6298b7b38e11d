/** Text within an element or a quoted attribute; characters that XML 1.0 does not have are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '',
    )
    .replace(/[&<>"\r]/g, (character) => REPLACEMENTS[character] as string);
}

const REPLACEMENTS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** What `escapeXml` was given, but for what it left out. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:amp|lt|gt|quot|#13);/g, (entity) => CHARACTERS[entity] as string);
}

const CHARACTERS: Record<string, string> = Object.fromEntries(
  Object.entries(REPLACEMENTS).map(([character, entity]) => [entity, character]),
);

/** ` name="value"` for each value that is there. */
export function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}
