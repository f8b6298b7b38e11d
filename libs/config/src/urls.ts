import { z } from 'zod';

/** A base URL, without a slash at the end. */
export const HttpUrl = z
  .string()
  .refine((text) => urlHasProtocol(text, ['http:', 'https:']), 'an http or https URL')
  .transform((text) => text.replace(/\/+$/, ''));

export function urlHasProtocol(text: string, protocols: string[]): boolean {
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol);
}
