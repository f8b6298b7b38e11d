import { z } from 'zod';

/** What stands inside optional, default, preprocess and transform wrappers. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) {
    const { in: before, out: after } = schema;
    return unwrap((before instanceof z.ZodTransform ? after : before) as z.ZodType);
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodNullable ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

function child(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(key)];
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema instanceof z.ZodRecord ? (schema.valueType as z.ZodType) : undefined;
}

/** The keys of the mapping that `schema` has at `path`; none where it has no such mapping. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: z.ZodType | undefined = unwrap(schema);
  for (const key of path) {
    const next: z.ZodType | undefined = here && child(here, key);
    here = next && unwrap(next);
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/** A value's place in a nested mapping, and how it is written as one string. */
export interface Leaf {
  path: string[];
  kind: 'list' | 'number' | 'boolean' | 'text';
}

/** Every value that `schema`, a nested mapping, holds, in its order. */
export function leaves(schema: z.ZodType, path: string[] = []): Leaf[] {
  const here = unwrap(schema);
  if (here instanceof z.ZodObject) {
    return Object.entries(here.shape).flatMap(([key, inner]) => leaves(inner as z.ZodType, [...path, key]));
  }
  if (here instanceof z.ZodArray) return [{ path, kind: 'list' }];
  if (here instanceof z.ZodBoolean) return [{ path, kind: 'boolean' }];
  return [{ path, kind: here instanceof z.ZodNumber ? 'number' : 'text' }];
}
