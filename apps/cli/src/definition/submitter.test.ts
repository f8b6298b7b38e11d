import { expect, test } from 'vitest';
import { submitter } from './submitter.ts';

const git = (key: string) => (key === 'user.name' ? 'Git' : 'git@x.invalid');

test('options come before the environment, preferences and git', () => {
  const environment = { DEBFULLNAME: 'Env', DEBEMAIL: 'env@x.invalid' };
  const preferences = { name: 'Pref', email: 'pref@x.invalid' };
  expect(submitter({ name: 'Flag', environment, preferences, git })).toEqual({ name: 'Flag', email: 'env@x.invalid' });
  expect(submitter({ environment: {}, preferences, git })).toEqual({ name: 'Pref', email: 'pref@x.invalid' });
  expect(submitter({ environment: {}, preferences: {}, git })).toEqual({ name: 'Git', email: 'git@x.invalid' });
});

test('what is missing is named', () => {
  const none = { environment: {}, preferences: {}, git: () => undefined };
  expect(() => submitter(none)).toThrow('name and email');
  expect(() => submitter({ ...none, name: 'A', email: 'nonsense' })).toThrow('The email');
});
