import { expect, test } from 'vitest';
import { passOutput } from './output.ts';

test('text lines get the name of their process', () => {
  let written = '';
  const output = passOutput('text', (text) => {
    written += text;
  });
  output('redis', 'Ready to accept connections');
  output('redis', '');
  expect(written).toBe('redis     | Ready to accept connections\n');
});

test('JSON lines stay, others become JSON', () => {
  const lines: string[] = [];
  const output = passOutput('json', (text) => lines.push(text));
  output('api', '{"name":"api","msg":"ready"}');
  output('redis', 'Ready');
  expect(lines[0]).toBe('{"name":"api","msg":"ready"}\n');
  expect(JSON.parse(lines[1]!)).toMatchObject({ level: 'info', name: 'redis', msg: 'Ready' });
});
