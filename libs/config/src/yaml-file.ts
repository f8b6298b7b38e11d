import { readFile } from 'node:fs/promises';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Mistake } from './mistakes.ts';

/** A parsed YAML file that remembers where things stand. */
export interface YamlFile {
  file: string;
  data: unknown;
  /** What the parser refused. */
  mistakes: Mistake[];
  /** The line of the key at `path`, or of the nearest mapping around it that exists. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** `file:line` of the key at `path`. */
export function placeIn(yaml: YamlFile, path: readonly PropertyKey[]): string {
  const line = yaml.lineOf(path);
  return line === undefined ? yaml.file : `${yaml.file}:${line}`;
}

/** Reads `file`. One that cannot be read or parsed comes back with mistakes and no data. */
export async function readYaml(file: string): Promise<YamlFile> {
  try {
    return parseYaml(file, await readFile(file, 'utf8'));
  } catch (error) {
    const text = `cannot be read: ${(error as Error).message}`;
    return { file, data: undefined, mistakes: [{ where: file, text }], lineOf: () => undefined };
  }
}

/** Parses `text`, the content of `file`. */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const mistakes = document.errors.map((error) => ({
    where: `${file}:${lines.linePos(error.pos[0]).line}`,
    text: `is not valid YAML: ${error.message}`,
  }));
  return {
    file,
    data: mistakes.length ? undefined : document.toJS(),
    mistakes,
    lineOf(path) {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0];
  for (const key of path) {
    const step = stepInto(isAlias(node) ? node.resolve(document) : node, key);
    if (!step) return offset;
    offset = step.offset ?? offset;
    node = step.value;
  }
  return offset;
}

function stepInto(node: Node | null | undefined, key: PropertyKey) {
  if (isSeq(node)) {
    const value = node.items[Number(key)] as Node | undefined;
    return value && { value, offset: value.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  // A number in a mapping: distributions written as a mapping are checked as a list.
  const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
  const found = pair ?? (typeof key === 'number' ? node.items[key] : undefined);
  return found && { value: found.value as Node | null, offset: (found.key as Node).range?.[0] };
}
