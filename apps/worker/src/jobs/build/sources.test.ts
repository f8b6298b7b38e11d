import { expect, test } from 'vitest';
import { checkName } from './sources.ts';

test('a source package that was submitted as another is the submitter’s mistake', () => {
  expect(() => checkName({ artifact: 'helo' }, { name: 'hello' })).toThrow(
    expect.objectContaining({ outcome: 'rejected', message: 'The source package is of hello, submitted was helo.' }),
  );
  for (const artifact of ['hello', null]) expect(() => checkName({ artifact }, { name: 'hello' })).not.toThrow();
});
