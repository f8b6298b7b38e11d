import { Deb822Error, type Paragraph, parseDeb822 } from '@fatbuildr/domain/deb';
import { UnreadablePackage } from './ar.ts';

/**
 * The one paragraph of a control file. Text that is no UTF-8 is taken for ISO-8859-1, as old packages are written.
 *
 * @throws UnreadablePackage naming `what`
 */
export function parseControl(bytes: Uint8Array, what: string): Paragraph {
  const text = decode(bytes);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\r(?!\n)/.test(text)) {
    throw new UnreadablePackage(`${what} has control characters in it`);
  }
  try {
    const [paragraph, ...others] = parseDeb822(text);
    if (!paragraph) throw new UnreadablePackage(`${what} is empty`);
    if (others.length > 0) throw new UnreadablePackage(`${what} has ${others.length + 1} paragraphs instead of one`);
    return paragraph;
  } catch (error) {
    if (error instanceof Deb822Error) throw new UnreadablePackage(`${what}, line ${error.line}: ${error.message}`);
    throw error;
  }
}

/** The value of a field that must be there and match. @throws UnreadablePackage */
export function required(
  paragraph: Paragraph,
  name: string,
  pattern: { test(text: string): boolean },
  what: string,
): string {
  const value = paragraph.get(name);
  if (value === undefined || value === '') throw new UnreadablePackage(`${what} has no ${name} field`);
  if (!pattern.test(value)) throw new UnreadablePackage(`${what}: ${name}: "${value.slice(0, 80)}" is not valid`);
  return value;
}

/** Text that is no UTF-8 is taken for ISO-8859-1. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
