import { paragraph, parseDeb822, renderDeb822 } from '@fatbuildr/domain';

const FIELDS = ['', '-Arch', '-Indep'].flatMap((part) => [`Build-Depends${part}`, `Build-Conflicts${part}`]);

/**
 * A .dsc that requires what another one does and says nothing else: for `apt-get build-dep`, which then sees nothing of
 * the source package, and the same for every version of it that requires the same. `besides` is required as well.
 *
 * @throws Deb822Error when the text is no .dsc
 */
export function dependencyStub(dsc: string, besides: readonly string[] = []): string {
  const [source = paragraph([])] = parseDeb822(dsc);
  const required = FIELDS.flatMap((name) => {
    const value = source.get(name)?.split('\n').join(' ').trim();
    const all = [...(value === undefined ? [] : [value]), ...(name === 'Build-Depends' ? besides : [])];
    return all.length === 0 ? [] : [{ name, value: all.join(', ') }];
  });
  const stub = Object.entries({ Format: '1.0', Source: 'dependencies', Binary: 'dependencies', Architecture: 'any' });
  const fields = [...stub, ['Version', '0'], ['Maintainer', 'nobody <nobody@localhost>']];
  return renderDeb822([paragraph([...fields.map(([name = '', value = '']) => ({ name, value })), ...required])]);
}

/** Where the installation of build dependencies finds what it needs; absolute paths in the chroot. */
export interface DependencyInstallation {
  /** The text of {@link dependencyStub}, as a file. */
  stub: string;
  /** A command that readies apt's lists. */
  ready: string;
  /** A fresh random word of letters and digits: marks the line that tells the set. */
  nonce: string;
  /** Sets that need not be installed. */
  known: readonly string[];
  binaries: 'any' | 'arch';
}

/** Nothing would be installed. */
export const NOTHING = 'nothing';

/**
 * A shell script that resolves build dependencies as pbuilder would, tells by {@link toldSet} which packages those are,
 * and installs them unless that set is known. The set is named after the requirements and after name, size and SHA-256
 * of every package that would be installed.
 */
export function installDependencies({ stub, ready, nonce, known, binaries }: DependencyInstallation): string {
  if (!/^[A-Za-z0-9]{16,}$/.test(nonce)) throw new RangeError('the nonce must be 16 or more letters and digits');
  const options = ['-y', '-o', 'APT::Install-Recommends=false', '-o', 'Acquire::Retries=3'];
  const only = binaries === 'arch' ? ['--arch-only'] : [];
  const apt = ['apt-get', ...options, ...only].join(' ');
  return `set -e
export LC_ALL=C
${ready}
# What cannot be resolved is explained by a run that is not quiet.
${apt} -qq -o Acquire::ForceHash=SHA256 --print-uris build-dep ${stub} >/tmp/uris || exec ${apt} build-dep ${stub}
set=$({ cat ${stub}; sed -n "s/^'[^']*' //p" /tmp/uris | sort; } | sha256sum | cut -d ' ' -f 1)
# What is not to be there apt has to remove, which nothing is fetched for.
test -s /tmp/uris || grep -q ^Build-Conflicts ${stub} || set=${NOTHING}
rm -f /tmp/uris
printf '\\n%s %s\\n' '${mark(nonce)}' "$set"
case " ${[NOTHING, ...known].join(' ')} " in *" $set "*) exit 0 ;; esac
${apt} build-dep ${stub}
rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin
`;
}

/** The set that a line of the script's output tells. */
export function toldSet(line: string, nonce: string): string | undefined {
  const text = line.trim();
  const set = text.startsWith(`${mark(nonce)} `) ? text.slice(mark(nonce).length + 1) : undefined;
  return set !== undefined && /^(?:[0-9a-f]{64}|nothing)$/.test(set) ? set : undefined;
}

function mark(nonce: string): string {
  return `fatbuildr-dependencies ${nonce}`;
}
