import { expect, test } from 'vitest';
import { cgroupWarning } from './cgroups.ts';

test('a host with cgroups of version 1 is warned of, one with version 2 alone is not', () => {
  expect(cgroupWarning('0::/system.slice/fatbuildr-worker.service\n')).toBeUndefined();
  const hybrid = '9:name=systemd:/\n4:cpu,cpuacct:/user.slice\n0::/\n';
  expect(cgroupWarning(hybrid)).toContain('version 1');
});
