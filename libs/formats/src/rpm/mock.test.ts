import { expect, test } from 'vitest';
import { mockConfig } from './mock-config.ts';
import { isMocksOwn, isSourceFailure, mockFailure, mockPoint, withWholeErrors } from './mock-output.ts';

const config = {
  named: null,
  architecture: 'amd64',
  tag: 'el9',
  releasever: '9',
  dbpath: '/var/lib/rpm',
  modules: ['nodejs:20'],
  dnfConfig: '[main]\nproxy="x"\n',
  baseDirectory: '/build/mock',
};

test('a configuration for mock has no bootstrap, no network and the repositories given', () => {
  const text = mockConfig(config);
  expect(text).toContain('config_opts["target_arch"] = "x86_64"\n');
  expect(text).toContain('config_opts["use_bootstrap"] = False\n');
  expect(text).toContain('config_opts["rpmbuild_networking"] = False\n');
  expect(text).toContain('config_opts["module_enable"] = ["nodejs:20"]\n');
  expect(text).toContain(String.raw`config_opts["dnf.conf"] = "[main]\nproxy=\"x\"\n"`);
  expect(text).toContain(`config_opts['macros']["%dist"] = ".el9"\n`);
});

test('a named one is put under it', () => {
  const text = mockConfig({ ...config, named: 'rocky-9-x86_64', releasever: null });
  expect(text).toMatch(/^include\("\/etc\/mock\/rocky-9-x86_64\.cfg"\)\n/);
  expect(text).not.toContain('releasever');
  expect(text).not.toContain('chroot_setup_cmd');
});

test('its output tells the phases and what is the build’s own', () => {
  expect(mockPoint('Start: build setup for tiny-1.0-1.el9.src.rpm')).toBe('dependencies');
  expect(mockPoint('Start: rpmbuild tiny-1.0-1.el9.src.rpm')).toBe('build');
  expect(mockPoint('Finish: build phase for tiny-1.0-1.el9.src.rpm')).toBe('built');
  expect(mockPoint('Start: rpmbuild')).toBeUndefined();
  expect(isMocksOwn('DEBUG util.py:461:  error: of dnf')).toBe(true);
  expect(isMocksOwn('ERROR: Exception(tiny.src.rpm) Config(farm) 0 minutes 1 seconds')).toBe(true);
  expect(isMocksOwn('main.c:1: error: no')).toBe(false);
});

test('an error of rpm that something else came into is made whole', () => {
  const building = 'Building target platforms: x86_64\nBuilding for target x86_64\n';
  const whole = `${building}error: line 9: Unknown tag: Lizenz MIT\n`;
  expect(withWholeErrors(`error: ${building}line 9: Unknown tag: Lizenz MIT\n`)).toBe(whole);
  expect(withWholeErrors(whole)).toBe(whole);
});

test.each([
  [10, '', 'build-failure'],
  [1, "ERROR: Command failed: \n # bash --login -c '/usr/bin/rpmbuild -bb --noclean x.spec'\n", 'build-failure'],
  [1, 'ERROR: something else', 'infrastructure-failure'],
  [30, "DEBUG util.py:461:  No matching package to install: 'nowhere'", 'dependency-failure'],
  [30, 'DEBUG util.py:461:  Error: Failed to download metadata for repo', 'infrastructure-failure'],
  [40, '', 'rejected'],
  [20, 'ERROR: the root is broken', 'infrastructure-failure'],
  [80, '', 'infrastructure-failure'],
])('exit status %i of mock after %j is a %s', (status, output, outcome) => {
  expect(mockFailure(status, output, 'x')?.outcome).toBe(outcome);
});

test('that there is no source package is told from anything else', () => {
  const command = (option: string) =>
    `ERROR: Command failed: \n # bash --login -c '/usr/bin/rpmbuild ${option} x.spec'\n`;
  expect(isSourceFailure(1, command('-bs --noclean'))).toBe(true);
  expect(isSourceFailure(1, command('-bb --noclean'))).toBe(false);
  expect(isSourceFailure(0, '')).toBe(false);
});

test('status 0 is a success', () => expect(mockFailure(0, '', 'x')).toBeUndefined());
