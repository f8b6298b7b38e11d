import { describe, expect, it } from 'vitest';
import { followBuild, phaseHooks } from './phases.ts';

const nonce = 'abcdefgh01234567';
const disabled = 'I: pbuilder: network access will be disabled during build';
const at = (point: string) => `fatbuildr-phase ${nonce} ${point}`;

function follow(lines: string[], exitStatus: number) {
  const follower = followBuild(nonce);
  const points = lines.map((line) => follower.line(line)).filter((point) => point !== undefined);
  return { points, end: follower.end(exitStatus) };
}

describe('phaseHooks', () => {
  it('makes hooks that print what the follower knows', () => {
    const follower = followBuild(nonce);
    follower.line(disabled);
    const points = phaseHooks(nonce).map(({ text }) =>
      follower.line(/'(fatbuildr-phase [^']*)'/.exec(text)?.[1] ?? ''),
    );
    expect(points).toEqual(['dependencies', 'build', 'built', 'failed']);
    expect(phaseHooks(nonce).map(({ name }) => name[0])).toEqual(['D', 'A', 'B', 'C']);
  });

  it('refuses a nonce that sh could mistake', () => {
    expect(() => phaseHooks("a'; rm -rf /; 'aaaaaaaa")).toThrow(RangeError);
  });
});

describe('followBuild', () => {
  it('finds a success', () => {
    const { points, end } = follow([disabled, at('dependencies'), at('build'), at('built')], 0);
    expect(points).toEqual(['dependencies', 'build', 'built']);
    expect(end).toBeUndefined();
  });

  it('finds a build failure', () => {
    const { end } = follow([disabled, at('dependencies'), at('build'), at('failed')], 1);
    expect(end?.outcome).toBe('build-failure');
  });

  it('finds unmet dependencies and names them', () => {
    const unmet = ' builddeps:/build/x.dsc : Depends: nothing-such but it is not installable';
    const { end } = follow([disabled, at('dependencies'), unmet], 1);
    expect(end).toMatchObject({ outcome: 'dependency-failure', message: expect.stringContaining('nothing-such') });
  });

  it('takes a mirror that does not answer for the host’s fault', () => {
    const { end } = follow([disabled, at('dependencies'), 'E: Failed to fetch http://x/y.deb  502'], 1);
    expect(end?.outcome).toBe('infrastructure-failure');
  });

  it('takes a source package that dpkg-source refuses for the package’s fault', () => {
    const { end } = follow([disabled, 'E: pbuilder: Failed extracting the source'], 1);
    expect(end?.outcome).toBe('build-failure');
  });

  it.each([
    ['before', []],
    ['in the middle of', [at('dependencies'), at('build')]],
    ['after', [at('dependencies'), at('build'), at('built')]],
  ])('takes an end %s the build for the host’s fault', (where, lines) => {
    const { end } = follow([disabled, ...lines], 1);
    expect(end).toMatchObject({ outcome: 'infrastructure-failure', message: expect.stringContaining(where) });
  });

  it('believes no marker with another nonce', () => {
    const forged = `fatbuildr-phase ${'x'.repeat(16)} built`;
    const { end } = follow([disabled, at('dependencies'), at('build'), forged], 0);
    expect(end?.outcome).toBe('infrastructure-failure');
  });

  it('stops a build that would have network, also when the package prints the line itself', () => {
    const follower = followBuild(nonce);
    follower.line('W: pbuilder: unshare CLONE_NEWNET not available');
    expect(() => follower.line(at('dependencies'))).toThrow('take the network away');
    follower.line(disabled);
    expect(() => follower.line(at('build'))).not.toThrow();
  });
});
