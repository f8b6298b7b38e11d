import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';
import type { Mistake } from './mistakes.ts';

/** A YAML text whose numbers keep the digits they were written with. */
export interface YamlSource {
  /** Maps, lists and texts; numbers are texts as written, an empty value is null. */
  value: unknown;
  /** The line of the value at a path, or of the nearest value above it that exists. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
  /** The number that YAML makes of the scalar at a path, when it is one that was not put in quotes. */
  numberAt(path: readonly PropertyKey[]): number | undefined;
  /** What is wrong with the text as YAML; everything else is then of little use. */
  mistakes: Mistake[];
}

/** More than any definition needs, and few enough that aliases cannot multiply. */
const maxNodes = 10_000;

/** Reads YAML 1.2 with its lines; never throws. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const nodes = new Map<string, Node>();
  const mistakes: Mistake[] = document.errors.map(({ message, pos }) => ({
    line: lines.linePos(pos[0]).line,
    message,
  }));
  let count = 0;

  function plain(node: unknown, path: readonly string[]): unknown {
    if (++count > maxNodes) return null;
    const target = isAlias(node) ? node.resolve(document) : node;
    if (target === undefined || target === null) return null;
    nodes.set(keyOf(path), target as Node);
    if (isMap(target)) {
      const entries = target.items.map(({ key, value }) => {
        const name = isScalar(key) ? written(key) : String(key);
        const child = plain(value, [...path, String(name)]);
        if (child === null && isScalar(key)) nodes.set(keyOf([...path, String(name)]), key);
        return [String(name), child] as const;
      });
      return Object.fromEntries(entries);
    }
    if (isSeq(target)) return target.items.map((item, index) => plain(item, [...path, String(index)]));
    return isScalar(target) ? written(target) : null;
  }

  const value = mistakes.length === 0 ? plain(document.contents, []) : null;
  if (count > maxNodes) mistakes.push({ message: `more than ${maxNodes} values` });

  return {
    value,
    mistakes,
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const start = nodes.get(keyOf(path.slice(0, length)))?.range?.[0];
        if (start !== undefined) return lines.linePos(start).line;
      }
      return undefined;
    },
    numberAt(path) {
      const node = nodes.get(keyOf(path));
      return isScalar(node) && typeof node.value === 'number' ? node.value : undefined;
    },
  };
}

function written(scalar: Scalar): unknown {
  if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean')
    return scalar.source ?? String(scalar.value);
  return scalar.value;
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}
