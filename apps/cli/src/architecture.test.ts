import { Parser } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { expect, test } from 'vitest';
import { ARCHITECTURES } from './architecture.ts';

const flags = { architecture: Flags.string(ARCHITECTURES), batch: Flags.boolean() };
const read = async (...words: string[]) =>
  (await Parser.parse(words, { flags, args: {}, strict: false })).flags.architecture;

test('several architectures are named by commas, by repetition, and as the kernel does', async () => {
  expect(await read('--architecture', 'amd64,arm64')).toEqual(['amd64', 'arm64']);
  expect(await read('--architecture', 'x86_64', '--architecture=aarch64', '--batch')).toEqual(['amd64', 'arm64']);
  expect(await read('--batch')).toBeUndefined();
});

test('what is no architecture is refused, with those that are', async () => {
  await expect(read('--architecture', 'amd64,vax')).rejects.toThrow('"vax" is not an architecture');
});
