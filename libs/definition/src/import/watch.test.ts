import { expect, test } from 'vitest';
import { urlFromWatch } from './watch.ts';

test.each([
  [
    'https://ftp.gnu.org/gnu/hello/hello-(.+)\\.tar\\.gz debian uupdate',
    'https://ftp.gnu.org/gnu/hello/hello-{{ version }}.tar.gz',
  ],
  [
    'opts=pgpsigurlmangle=s/$/.sig/ \\\n https://ftp.gnu.org/gnu/@PACKAGE@/@PACKAGE@@ANY_VERSION@@ARCHIVE_EXT@',
    'https://ftp.gnu.org/gnu/hello/hello-{{ version }}.tar.gz',
  ],
  ['http://example.org/files/ hello_([\\d.]+)\\.tar\\.[gx]z', 'http://example.org/files/hello_{{ version }}.tar.gz'],
  ['# nothing else', undefined],
  ['https://example.org/tags .*/v?@ANY_VERSION@@ARCHIVE_EXT@', undefined],
  ['https://example.org/(\\d+)/hello-(.+)\\.tar\\.gz', undefined],
  ['opts="dversionmangle=s/\\+dfsg//,repack" https://example.org/hello-(.+)\\.tar\\.gz', undefined],
  ['opts=mode=git https://example.org/hello.git HEAD', undefined],
  ['ftp://example.org/hello-(.+)\\.tar\\.gz', undefined],
])('%j', (line, url) => {
  expect(urlFromWatch(`version=4\n${line}\n`, 'hello', 'hello_2.10.orig.tar.gz')).toBe(url);
});
