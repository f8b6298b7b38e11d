import type { DestinationStream } from 'pino';

/** Rewrites pino's JSON lines for people: `12:00:00.123 INFO  api: task queued  task=abc`. */
export function textDestination(output: DestinationStream): DestinationStream {
  return { write: (line: string) => output.write(renderLine(line)) };
}

function renderLine(line: string): string {
  const { time, level, name, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(fields).map(([key, value]) => `  ${key}=${show(value)}`);
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${name}: ${msg ?? ''}`;
  return `${head}${details.join('')}\n${renderError(err)}`;
}

function show(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

function renderError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message } = error as { stack?: string; message?: string };
  return `${(stack ?? message ?? '').replaceAll(/^/gm, '    ')}\n`;
}
