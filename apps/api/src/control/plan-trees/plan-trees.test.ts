import { afterEach, beforeEach, expect, test } from 'vitest';
import { image, local, type TestControl, testControl } from '../test-control.ts';

let farm: TestControl;

beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

const jobsOf = async (task: string) => (await farm.tasks.get(task)).jobs.map(({ name }) => name).toSorted();

test('images of the formats that the instance has distributions of, unless formats are named', async () => {
  await farm.worker('one');
  const all = await farm.submissions.images('default', { operation: 'create', force: false }, local);
  expect(await jobsOf(all.id)).toEqual(['image:deb@one', 'image:rpm@one']);
  const osi = await farm.submissions.images('default', { operation: 'create', formats: ['osi'], force: false }, local);
  expect(await jobsOf(osi.id)).toEqual(['image:osi@one']);
});

test('images are brought up to date where there are any', async () => {
  await farm.worker('bare', { trees: [] });
  const update = (formats?: ('deb' | 'rpm' | 'osi')[]) =>
    farm.submissions.images('default', { operation: 'update', force: false, ...(formats && { formats }) }, local);
  await expect(update()).rejects.toMatchObject({
    message: 'No worker has a tool image for deb or rpm that could be brought up to date.',
    hint: 'Create it with: fatbuildrctl images create -f deb -f rpm --instance default',
  });
  await farm.worker('tools', { trees: [image] });
  expect(await jobsOf((await update()).id)).toEqual(['image:deb@tools']);
  // asked for by name, it is not left out in silence
  await expect(update(['deb', 'osi'])).rejects.toMatchObject({ hint: expect.stringContaining('create -f osi --inst') });
});

test('an image can be asked for on hosts of one architecture', async () => {
  await farm.worker('one');
  await farm.worker('arm', { architectures: ['arm64'] });
  const request = { operation: 'create' as const, formats: ['deb' as const], force: false };
  const task = await farm.submissions.images('default', { ...request, architectures: ['arm64'] }, local);
  expect(await jobsOf(task.id)).toEqual(['image:deb@arm']);
  const nowhere = farm.submissions.images('default', { ...request, architectures: ['s390x'] }, local);
  await expect(nowhere).rejects.toMatchObject({ hint: 'Workers are of: amd64, arm64.' });
});

test('images and environments are asked of hosts that serve the instance, and of nobody where none does', async () => {
  await farm.worker('other', { instances: ['elsewhere'] });
  const request = { operation: 'create' as const, formats: ['deb' as const], force: false };
  const ask = {
    images: () => farm.submissions.images('default', request, local),
    environments: () => farm.submissions.environments('default', request, local),
    exec: () => farm.submissions.exec('default', { format: 'deb', command: ['true'] }, local),
  };
  for (const refused of Object.values(ask)) {
    await expect(refused()).rejects.toMatchObject({
      message: 'No worker serves instance default.',
      hint: expect.stringContaining('--for-instance'),
    });
  }
  await farm.worker('one');
  // It is away, but no other may do it: the task waits for it.
  farm.advance(3_600_000);
  await farm.worker('other', { instances: ['elsewhere'] });
  expect(await jobsOf((await ask.images()).id)).toEqual(['image:deb@one']);
  expect(await jobsOf((await ask.environments()).id)).toEqual(['environment:bookworm:amd64@one']);
});

test('an imported image is an upload that the host may fetch', async () => {
  const worker = await farm.worker('one');
  const archive = await farm.upload();
  const task = await farm.submissions.images('default', { operation: 'import', format: 'rpm', archive }, local);
  expect(task.kind).toBe('image-import');
  const call = await farm.claim(task.id, worker);
  expect(call.order).toMatchObject({ kind: 'image', operation: 'import', format: 'rpm', archive });
  expect(await farm.attempts.blob(call, archive.sha256)).toMatchObject({ sha256: archive.sha256 });
  const missing = { ...archive, sha256: '0'.repeat(64) };
  const refused = farm.submissions.images('default', { operation: 'import', format: 'rpm', archive: missing }, local);
  await expect(refused).rejects.toThrow('was not uploaded');
});

test('environments of a format without tools are left out, unless they were asked for', async () => {
  await farm.worker('one');
  const request = { operation: 'create' as const, force: false };
  const task = await farm.submissions.environments('default', request, local);
  expect(await jobsOf(task.id)).toEqual(['environment:bookworm:amd64@one']);
  for (const filter of [{ formats: ['rpm' as const] }, { distributions: ['el9'] }]) {
    const refused = farm.submissions.environments('default', { ...request, ...filter }, local);
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('images create -f rpm') });
  }
});

test('a command runs on one host that holds the image or the environment', async () => {
  await farm.worker('bare', { trees: [] });
  await farm.worker('tools', { trees: [image] });
  await farm.worker('both');
  const command = ['ls', '/usr'];
  const inImage = await farm.submissions.exec('default', { format: 'deb', command, host: 'tools' }, local);
  expect(inImage).toMatchObject({ kind: 'image-exec', message: 'ls /usr' });
  expect(await jobsOf(inImage.id)).toEqual(['exec:deb@tools']);
  const request = { format: 'deb' as const, distribution: 'bookworm', command };
  const inEnvironment = await farm.submissions.exec('default', request, local);
  expect(inEnvironment.kind).toBe('env-exec');
  expect(await jobsOf(inEnvironment.id)).toEqual(['exec:bookworm@both']);
  const { format: _, ...unsaid } = request;
  expect(await farm.submissions.exec('default', unsaid, local)).toMatchObject({ format: 'deb' });
  await expect(farm.submissions.exec('default', { ...unsaid, distribution: 'el9' }, local)).rejects.toMatchObject({
    hint: expect.stringContaining('images env-create -f rpm -d el9'),
  });
  const nowhere = farm.submissions.exec('default', { ...request, host: 'tools' }, local);
  await expect(nowhere).rejects.toMatchObject({
    hint: expect.stringContaining('images env-create -f deb -d bookworm'),
  });
});

test('a command or shell goes to a host with a slot free, and waits for the first where none has', async () => {
  const one = await farm.worker('one');
  const request = { format: 'deb' as const, command: ['true'] };
  const exec = async (where = {}) => (await farm.submissions.exec('default', { ...request, ...where }, local)).id;
  await farm.claim(await exec(), one);
  const two = await farm.worker('two');
  const onTwo = await exec();
  expect(await jobsOf(onTwo)).toEqual(['exec:deb@two']);
  const shell = await farm.submissions.shell('default', { format: 'deb', derivative: 'main' }, local);
  expect(await jobsOf(shell.id)).toEqual(['shell:deb@two']);
  expect(await jobsOf(await exec({ host: 'one' }))).toEqual(['exec:deb@one']);
  await farm.claim(onTwo, two);
  expect(await jobsOf(await exec())).toEqual(['exec:deb@one']);
});
