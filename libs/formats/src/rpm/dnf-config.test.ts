import { expect, test } from 'vitest';
import { dnfConfig } from './dnf-config.ts';
import { farmRepositories } from './farm-repositories.ts';

const proxy = { proxyUrl: 'http://127.0.0.1:3128' };

test('the farm’s repositories come first, the nearest derivative before the others, packages and metadata checked', () => {
  const farm = farmRepositories(
    { suite: 'el9', components: ['next', 'main'] },
    { url: 'http://farm/default/rpm', gpgkey: 'file:///key', architecture: 'amd64' },
  );
  const text = dnfConfig([{ id: 'base', baseurls: ['http://m/9', 'http://n/9'], gpgkey: undefined }, ...farm], proxy);
  expect(text).toContain('[base]\nname=base\nbaseurl=http://m/9 http://n/9\ngpgcheck=0\nrepo_gpgcheck=0\n');
  expect(text).toContain(`[farm-next]
name=farm-next
baseurl=http://farm/default/rpm/el9/next/x86_64
gpgcheck=1
gpgkey=file:///key
repo_gpgcheck=1
priority=1
metadata_expire=0
`);
  expect(text).toContain('[farm-main]');
  expect(text).toContain('proxy=http://127.0.0.1:3128\n');
});

test('further keys come along, and take no place of ours', () => {
  const options = { module_hotfixes: '1', excludepkgs: 'a b', gpgcheck: '0', baseurl: 'http://elsewhere' };
  const text = dnfConfig([{ id: 'base', baseurls: ['http://m/9'], gpgkey: 'file:///key', options }], proxy);
  expect(text).toContain('module_hotfixes=1\nexcludepkgs=a b\ngpgcheck=1\nbaseurl=http://m/9\n');
});

test('nothing can add a line', () => {
  expect(() => dnfConfig([{ id: 'x', baseurls: ['http://m\ngpgcheck=0'], gpgkey: 'k' }], proxy)).toThrow(RangeError);
});
