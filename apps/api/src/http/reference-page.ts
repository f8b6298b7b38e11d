/** The parts of an OpenAPI document that the page shows. */
interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: { name?: string; in?: string; required?: boolean; description?: string }[];
  requestBody?: unknown;
  responses?: Record<string, unknown>;
  security?: Record<string, string[]>[];
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2rem; border-bottom: 1px solid }
summary { cursor: pointer; padding: .3rem 0 }
code, pre { font: .875rem/1.4 ui-monospace, monospace }
pre { overflow: auto; padding: .75rem; border: 1px solid }
.method { display: inline-block; min-width: 4.5em; font-weight: bold }
`;

/** A page that shows every operation of an OpenAPI document; it needs no script and no other file. */
export function renderReference(document: object): string {
  const { info, paths = {} } = document as {
    info: { title: string; version: string; description?: string };
    paths?: Record<string, Record<string, Operation>>;
  };
  const groups = Map.groupBy(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    ),
    ({ operation }) => operation.tags?.[0] ?? 'other',
  );
  const body = [...groups]
    .map(([tag, operations]) => `<h2>${escape(tag)}</h2>\n${operations.map(renderOperation).join('\n')}`)
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)} API ${escape(info.version)}</title><style>${STYLE}</style></head>
<body><h1>${escape(info.title)} API <small>${escape(info.version)}</small></h1>
<p>${escape(info.description ?? '')}</p>
<p>The same as a program reads it: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${body}
</body></html>
`;
}

function renderOperation({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const needs = operation.security?.flatMap((one) => Object.values(one).flat()) ?? [];
  const parts = [
    needs.length > 0
      ? `<p>Needs a token that allows <code>${escape(needs.join(', '))}</code>.</p>`
      : '<p>Open to all.</p>',
    section('Parameters', operation.parameters),
    section('Body', operation.requestBody),
    section('Answers', operation.responses),
  ];
  return `<details><summary><code><span class="method">${method.toUpperCase()}</span> ${escape(path)}</code> ${escape(
    operation.summary ?? '',
  )}</summary>${parts.join('')}</details>`;
}

function section(title: string, value: unknown): string {
  if (value === undefined) return '';
  return `<h3>${title}</h3><pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
