import { Failure } from '@fatbuildr/domain';

/** Follows the output of mkosi. */
export interface MkosiFollower {
  line(text: string): void;
  /** The failure that an exit status means after all lines, undefined for a success. */
  end(exitStatus: number): Failure | undefined;
}

/** What package managers say of packages that are not there, or cannot be installed. */
const UNMET = [
  /^E: Unable to locate package (\S+)/,
  /^E: Package '?([^' ]+)'? has no installation candidate/,
  /^ ?(\S+ : Depends: .+)$/,
  /^(?:Error: )?(?:No match for argument|Unable to find a match): (.+)$/,
  /nothing provides (.+?)(?: needed by .*)?$/,
];
const UNREACHABLE =
  /^(?:E: Failed to fetch|Error: Failed to download metadata|Cannot download|Curl error|E: The repository '.*' is not signed)/;
const NO_TOOL = /^‣\s*(?:Could not find '([^']+)' which is required to (.+?)\.?|([^\s/]+) not found\.?)$/;
/** But for its hints, which are in brackets. */
const SAYS = /^‣\s*(?!\s|Hint:|\()(.+)$/;
/** mkosi colours what it says itself. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
const COLOUR = /\u001b\[[0-9;]*m/g;
const LONGEST = 500;
/** What to do about what mkosi says of a definition, where its own advice does not do for a build here. */
const ADVICE: readonly [RegExp, string][] = [
  [
    /addon\w+\.efi\.stub/,
    'An addon takes the boot stub of systemd 254 or newer, which a tree of BaseTrees= has to have; Debian has one from trixie on, in systemd-boot-efi.',
  ],
  [
    /^A kernel must be installed|^A bootable image was requested|sd-stub not found|^"bootctl install/,
    'Add a kernel and the boot stub of systemd to Packages=, for Debian linux-image-amd64 and systemd-boot-efi.',
  ],
  [/not supported for OCI layers/, 'Set CompressOutput=zstd or gz.'],
  [
    /os-release not found/,
    'Add packages, or bring usr/lib/os-release along in a tree of SkeletonTrees= or BaseTrees=; ExtraTrees= come too late.',
  ],
];

/**
 * A follower for one run of mkosi.
 *
 * @param format what it is to make, where that is known
 */
export function createMkosiFollower(format?: string): MkosiFollower {
  const unmet = new Set<string>();
  let unreachable: string | undefined;
  let tool: string | undefined;
  let last: string | undefined;

  return {
    line(text) {
      const line = text.replaceAll(COLOUR, '').trimEnd().slice(0, LONGEST);
      for (const pattern of UNMET) {
        const [, found] = pattern.exec(line) ?? [];
        if (found !== undefined && unmet.size < 50) unmet.add(found);
      }
      if (UNREACHABLE.test(line)) unreachable ??= line;
      const [, missing, purpose, notFound] = NO_TOOL.exec(line) ?? [];
      if (missing !== undefined) tool = `${missing}, which it takes to ${purpose}`;
      else if (notFound !== undefined) tool = notFound;
      last = SAYS.exec(line)?.[1] ?? last;
    },
    end(exitStatus) {
      if (exitStatus === 0) return undefined;
      if (tool !== undefined) return lacks(tool);
      if (exitStatus === 127) return lacks('mkosi');
      if (unmet.size > 0) {
        return new Failure('dependency-failure', `Packages cannot be installed: ${[...unmet].join(', ')}`, {
          hint: 'Correct Packages=, name the repository that has them (Repositories=), or publish them here first.',
        });
      }
      if (unreachable !== undefined) {
        return new Failure('infrastructure-failure', `Packages could not be fetched: ${unreachable}`, {
          hint: 'Is the mirror there? The log has the lines before; "network: refused" is an address that "mirrors" of the distribution does not have.',
        });
      }
      const made = format === undefined ? 'mkosi failed' : `mkosi failed to make Format=${format}`;
      const why = last === undefined ? ` with status ${exitStatus}` : `: ${last}`;
      const [, advice] = ADVICE.find(([said]) => last !== undefined && said.test(last)) ?? [];
      return new Failure('build-failure', `${made}${why}`, {
        hint: advice ?? 'The log shows what led to it, in the phase build.',
      });
    },
  };
}

function lacks(tool: string): Failure {
  return new Failure('infrastructure-failure', `The tool image for OS images lacks ${tool}.`, {
    hint: 'Add its package to images.osi.packages of fatbuildr.yml, then: fatbuildrctl images update -f osi',
  });
}
