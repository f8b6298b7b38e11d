import { expect, test } from 'vitest';
import { createMkosiFollower } from './follow-mkosi.ts';

function end(text: string, status = 1, format?: string) {
  const follower = createMkosiFollower(format);
  for (const line of text.split('\n')) follower.line(line);
  return follower.end(status);
}

test('a success is none, whatever was said', () => {
  expect(end('E: Unable to locate package nonesuch', 0)).toBeUndefined();
});

test('packages that are not there are a dependency failure that names them', () => {
  const failure = end(
    'E: Unable to locate package nonesuch\nE: Unable to locate package other\n‣ "apt-get" returned 100.',
  );
  expect(failure).toMatchObject({
    outcome: 'dependency-failure',
    message: 'Packages cannot be installed: nonesuch, other',
  });
  expect(end('Error: Unable to find a match: nonesuch')?.outcome).toBe('dependency-failure');
});

test('a mirror that does not answer is nobody’s package', () => {
  expect(end('E: Failed to fetch http://mirror/x  403  Forbidden\n‣ failed')).toMatchObject({
    outcome: 'infrastructure-failure',
    message: expect.stringContaining('could not be fetched: E: Failed to fetch http://mirror/x'),
  });
});

test('a tool that the image lacks is named', () => {
  const said =
    "\u001b[31m‣ \u001b[0mCould not find 'mksquashfs' which is required to build squashfs.\n‣ Hint: Use ToolsTree=default";
  expect(end(said)).toMatchObject({
    outcome: 'infrastructure-failure',
    message: 'The tool image for OS images lacks mksquashfs, which it takes to build squashfs.',
  });
  expect(end('', 127)?.message).toContain('lacks mkosi');
});

test('a disk that is full is the image’s own as far as mkosi tells: whether it is the host’s, the host knows', () => {
  expect(
    end('cp: error writing: No space left on device\n‣ "systemd-repart" returned non-zero exit code 1.'),
  ).toMatchObject({
    outcome: 'build-failure',
    message: expect.stringContaining('systemd-repart'),
  });
});

test('anything else is the definition’s, with what mkosi said last', () => {
  expect(end('‣ Running finalize script…\n‣ "/work/finalize" returned non-zero exit code 3.')).toMatchObject({
    outcome: 'build-failure',
    message: 'mkosi failed: "/work/finalize" returned non-zero exit code 3.',
  });
  expect(end('‣ Cannot build it without a base tree\n‣ (Configure a base tree)')?.message).toContain('Cannot build it');
  expect(end('no space', 2)?.message).toBe('mkosi failed with status 2');
});

test('the format is named, and what an image of it has to have', () => {
  const failure = end('‣ A kernel must be installed in the image to build a UKI', 1, 'uki');
  expect(failure?.message).toBe(
    'mkosi failed to make Format=uki: A kernel must be installed in the image to build a UKI',
  );
  expect(failure?.hint).toContain('linux-image-amd64 and systemd-boot-efi');
  expect(end('‣ "bootctl install --root=/buildroot" returned non-zero exit code 1.')?.hint).toContain(
    'systemd-boot-efi',
  );
  const addon = end('‣ sd-stub not found at /usr/lib/systemd/boot/efi/addonx64.efi.stub in the image');
  expect(addon?.hint).toContain('systemd 254');
  expect(end('‣ Compression none not supported for OCI layers')?.hint).toBe('Set CompressOutput=zstd or gz.');
  expect(end('‣ /work/root/usr/lib/os-release not found.')?.hint).toContain('ExtraTrees= come too late');
});
