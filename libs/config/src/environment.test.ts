import { expect, test } from 'vitest';
import { environmentOverrides, environmentVariable } from './environment.ts';
import { leaves } from './schema-walk.ts';
import { ServerFile } from './server-schema.ts';

test('a variable is the key path in capitals', () => {
  expect(environmentVariable(['api', 'listen', 'port'])).toBe('FATBUILDR_API_LISTEN_PORT');
  expect(environmentVariable(['worker', 'secretFile'])).toBe('FATBUILDR_WORKER_SECRET_FILE');
});

test('no two keys share a variable', () => {
  const names = leaves(ServerFile).map(({ path }) => environmentVariable(path));
  expect(new Set(names).size).toBe(names.length);
});

test('values are read as their key needs them; what is no number stays as it is, to be reported', () => {
  const environment = {
    FATBUILDR_API_LISTEN_PORT: '80',
    FATBUILDR_WORKER_SLOTS: 'two',
    FATBUILDR_API_UPLOAD_LIMIT: '1000',
    FATBUILDR_IMAGES_DEB_PACKAGES: 'git,quilt',
  };
  expect(environmentOverrides(environment).map(({ path, value }) => [path.join('.'), value])).toEqual([
    ['api.listen.port', 80],
    ['api.uploadLimit', '1000'],
    ['worker.slots', 'two'],
    ['images.deb.packages', ['git', 'quilt']],
  ]);
});
