import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CleanRoot, cleanRoot } from './clean-root.ts';
import { mirrorHost } from './mirror-host.ts';
import { sourcePackage } from './packages.ts';
import { secretsOf } from './secrets.ts';
import { farm } from './this-farm.ts';

describe('a build', () => {
  let client: CleanRoot;
  beforeAll(async () => {
    client = await cleanRoot();
  });
  afterAll(() => client.remove());

  test('reaches no network: neither the proxy, nor this host, nor any other', async () => {
    const connect = (host: string, port: number | string) =>
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "${host}:${port}", Timeout => 3) ? "REACHED" : "no: $!"'`;
    const { port } = new URL(farm.url);
    const nosy = await sourcePackage({
      name: 'nosy',
      build: [
        `{ echo "proxy $(${connect('127.0.0.1', 3128)})"`,
        `  echo "api $(${connect('127.0.0.1', port)})"`,
        `  echo "address $(${connect('192.0.2.1', 80)})"`,
        `  echo "name $(${connect(await mirrorHost(), 80)})"`,
        '  echo "interfaces $(ls /sys/class/net | tr "\\n" " ")"',
        '  echo "environment $(env | grep -ic proxy || true)"; } > payload/network',
      ].join('\n'),
    });
    expect(await farm.build([nosy, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    await client.update();
    await client.install('nosy');
    const seen = await client.run('cat', '/usr/share/nosy/network');
    expect(seen).not.toContain('REACHED');
    expect(seen.match(/^(proxy|api|address|name) no: .+$/gm)).toHaveLength(4);
    expect(seen).toMatch(/^environment 0$/m);
  });

  test('reads every variable and file it can, and finds none of the secrets of the farm', async () => {
    const secrets = await secretsOf(farm.directory);
    expect(secrets.length).toBeGreaterThanOrEqual(3);
    // Each matches itself where it stands in a file, but not the line here that looks for it.
    const hidden = (secret: string) => `[${secret[0]}]${secret.slice(1)}`;
    const planted = randomBytes(12).toString('hex');
    const curious = await sourcePackage({
      name: 'curious',
      build: [
        `cat > patterns <<'END'`,
        ...secrets.map(hidden),
        'END',
        `printf '%s' ${planted.slice(0, 6)}""${planted.slice(6)} > sown; echo "${hidden(planted)}" >> patterns`,
        '{ env | grep -f patterns && echo FOUND variable',
        '  for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do',
        '    tr "\\0" "\\n" < "$file" 2> /dev/null | grep -q -f patterns && echo "FOUND $file"',
        '  done',
        '  find / \\( -path /proc -o -path /sys \\) -prune -o -type f -print0 2> /dev/null | tee looked-at |',
        '    xargs -0 grep -las -f patterns | sed "s/^/FOUND /"',
        '  echo "looked at $(tr -dc "\\0" < looked-at | wc -c) files"; } > payload/found || true',
      ].join('\n'),
    });
    expect(await farm.build([curious, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    await client.update();
    await client.install('curious');
    const found = await client.run('cat', '/usr/share/curious/found');
    expect(found.match(/^FOUND .*$/gm)).toEqual([expect.stringMatching(/^FOUND \/build\/.*\/sown$/)]);
    expect(Number(/looked at (\d+) files/.exec(found)?.[1])).toBeGreaterThan(1000);
  });

  test('does not see what a dependency of an earlier one wrote into the environment', async () => {
    const intruder = await sourcePackage({
      name: 'intruder',
      // Appending changes a file in place: through a hard link it would change the one below too.
      postinst:
        'echo intruder > /etc/intruder\necho "# intruder" >> /etc/profile\necho "# intruder" >> /usr/share/perl/5.36/strict.pm',
    });
    expect(await farm.build([intruder, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    const seen = 'cat /etc/intruder /etc/profile /usr/share/perl/5.36/strict.pm 2>/dev/null | grep -c intruder || true';
    const victim = (name: string, buildDepends?: string) =>
      sourcePackage({ name, build: `echo "$(${seen})" > payload/seen`, ...(buildDepends ? { buildDepends } : {}) });
    expect(await farm.build([await victim('with-it', 'intruder'), '-d', 'bookworm'])).toMatchObject({ status: 0 });
    expect(await farm.build([await victim('after-it'), '-d', 'bookworm'])).toMatchObject({ status: 0 });
    await client.update();
    await client.install('with-it', 'after-it');
    expect(await client.run('cat', '/usr/share/with-it/seen')).toBe('3');
    expect(await client.run('cat', '/usr/share/after-it/seen')).toBe('0');
  });
});
