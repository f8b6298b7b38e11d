/** A text that is not deb822; `line` counts from 1. */
export class Deb822Error extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.name = 'Deb822Error';
    this.line = line;
  }
}

/** One paragraph of fields, in order. Names are found whatever their case. */
export interface Paragraph {
  readonly fields: readonly Field[];
  get(name: string): string | undefined;
}

/**
 * A field. In a value of several lines the first is what stands after the colon; the others lose their leading
 * blank, and ` .` is an empty line (deb-control(5)).
 */
export interface Field {
  readonly name: string;
  readonly value: string;
}

const fieldLine = /^([!-,./-9;-~][!-9;-~]*):(.*)$/;

/**
 * The paragraphs of a deb822 text (deb822(5)): folding, comments, and the armour of a clear-signed text taken off.
 *
 * @throws Deb822Error on a duplicate field, on a line that belongs to no field, and on text outside the signed part.
 */
export function parseDeb822(text: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let fields: { name: string; value: string }[] = [];
  const names = new Set<string>();
  const finish = () => {
    if (fields.length > 0) paragraphs.push(paragraph(fields));
    fields = [];
    names.clear();
  };
  for (const { line, number } of withoutArmour(text.split(/\r?\n/))) {
    if (line.startsWith('#')) continue;
    if (isBlank(line)) finish();
    else if (/^[ \t]/.test(line)) appendTo(fields.at(-1), line, number);
    else fields.push(newField(names, line, number));
  }
  finish();
  return paragraphs;
}

/** Spaces and tabs alone (deb822(5)): other characters that look blank are text. */
function isBlank(line: string): boolean {
  return !/[^ \t]/.test(line);
}

/** A paragraph of these fields, to read or to render. */
export function paragraph(fields: readonly Field[]): Paragraph {
  const byName = new Map(fields.map((field) => [field.name.toLowerCase(), field.value]));
  return { fields, get: (name) => byName.get(name.toLowerCase()) };
}

/** The text of paragraphs, each ended by a newline, an empty line between them; the inverse of {@link parseDeb822}. */
export function renderDeb822(paragraphs: readonly Paragraph[]): string {
  return paragraphs.map(({ fields }) => fields.map(renderField).join('')).join('\n');
}

function renderField({ name, value }: Field): string {
  const [first = '', ...rest] = value.split('\n');
  const head = first === '' ? `${name}:` : `${name}: ${first}`;
  return `${[head, ...rest.map((line) => (line === '' ? ' .' : ` ${line}`))].join('\n')}\n`;
}

/** @param names those that the paragraph has, in lower case; this one is added */
function newField(names: Set<string>, line: string, number: number): { name: string; value: string } {
  const match = fieldLine.exec(line);
  if (!match) throw new Deb822Error(number, `expected "Name: value", found "${line.slice(0, 60)}"`);
  const [, name = '', value = ''] = match;
  if (names.has(name.toLowerCase())) throw new Deb822Error(number, `the field ${name} occurs twice`);
  names.add(name.toLowerCase());
  return { name, value: value.trim() };
}

function appendTo(field: { value: string } | undefined, line: string, number: number): void {
  if (!field) throw new Deb822Error(number, 'a continuation line without a field before it');
  const content = line.slice(1).trimEnd();
  field.value += `\n${content === '.' ? '' : content}`;
}

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const signature = '-----BEGIN PGP SIGNATURE-----';
const end = '-----END PGP SIGNATURE-----';

/** Only what is inside the signature counts: anything outside of it would be read as if it were signed. */
function withoutArmour(lines: readonly string[]): { line: string; number: number }[] {
  const numbered = lines.map((line, index) => ({ line, number: index + 1 }));
  const first = numbered.find(({ line }) => !isBlank(line));
  if (first?.line.trimEnd() !== begin) return numbered;
  const from = numbered.findIndex(({ line, number }) => number > first.number && isBlank(line));
  const to = numbered.findIndex(({ line }) => line.trimEnd() === signature);
  const last = numbered.findIndex(({ line }) => line.trimEnd() === end);
  if (from < 0 || to < from || last < to) throw new Deb822Error(first.number, 'the signature is cut off');
  const after = numbered.slice(last + 1).find(({ line }) => !isBlank(line));
  if (after) throw new Deb822Error(after.number, 'text after the signature');
  return numbered.slice(from + 1, to).map(({ line, number }) => ({ line: line.replace(/^- /, ''), number }));
}
