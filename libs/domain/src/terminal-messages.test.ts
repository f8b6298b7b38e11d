import { expect, test } from 'vitest';
import { TerminalOrder } from './terminal-messages.ts';

test('an api that knows no pipes yet has an audience without one', () => {
  const audience = { have: null, clients: 1, terminal: { columns: 80, rows: 24, term: 'xterm' } };
  expect(TerminalOrder.parse(audience)).toEqual({ ...audience, pipe: null });
});
