import { expect, test } from 'vitest';
import { suggest } from './suggest.ts';

const known = ['listen', 'socket', 'internalSocket', 'publicUrl', 'uploadLimit'];

test.each([
  ['lisn', 'listen'],
  ['sockets', 'socket'],
  ['public_url', 'publicUrl'],
  ['uploadlimit', 'uploadLimit'],
])('%s is a slip of %s', (name, expected) => expect(suggest(name, known)).toBe(expected));

test.each(['port', 'x', 'completely'])('%s is near none', (name) => expect(suggest(name, known)).toBeUndefined());
