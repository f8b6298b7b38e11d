import { parseDeb822 } from '@fatbuildr/domain';
import { expect, it } from 'vitest';
import { farmSourceFiles } from './farm-source.ts';

const repository = {
  url: 'http://10.0.0.1:8080/default/deb',
  distribution: 'bookworm',
  derivatives: ['mine', 'main'],
  origin: 'default',
  publicKey: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
};

it('names key, suite and components, and pins the nearest derivative highest', () => {
  const files = new Map(farmSourceFiles(repository).map(({ path, text }) => [path, text]));
  const [source] = parseDeb822(files.get('/etc/apt/sources.list.d/farm.sources') ?? '');
  expect(source?.get('Components')).toBe('mine main');
  expect(files.get(source?.get('Signed-By') ?? '')).toBe(repository.publicKey);
  const pins = parseDeb822(files.get('/etc/apt/preferences.d/farm') ?? '');
  expect(pins.map((pin) => [pin.get('Pin'), pin.get('Pin-Priority')])).toEqual([
    ['release o=default,c=mine', '2000'],
    ['release o=default,c=main', '1000'],
  ]);
});

it('refuses a value that would add a line', () => {
  expect(() => farmSourceFiles({ ...repository, origin: 'x\nTrusted: yes' })).toThrow(RangeError);
});
