"""Unpacks the root of an image: a tar, packed or not, an OCI archive, or what `docker save` writes.

    unpack_root.py ARCHIVE ROOT NAME

Runs as root in a container. Every archive is read to its end and judged before anything of it is written: names that
lead out, entries that go through links, devices, and more than MOST_ENTRIES or MOST_BYTES (environment) are refused.
What is refused is told in one line, `refused: …`, and ends with status 1.
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

MOST_ENTRIES = int(os.environ.get('MOST_ENTRIES', '2000000'))
MOST_BYTES = int(os.environ.get('MOST_BYTES', str(20 << 30)))
PACKINGS = [
    (b'\x1f\x8b', ['gzip', '-dc']),
    (b'BZh', ['bzip2', '-dc']),
    (b'\xfd7zXZ\x00', ['xz', '-dc']),
    (b'\x28\xb5\x2f\xfd', ['zstd', '-dcq', '--memory=1024MB']),
]
ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64', 'i686': '386', 'ppc64le': 'ppc64le', 's390x': 's390x'}


class Refused(Exception):
    pass


@contextlib.contextmanager
def opened(path, name):
    """The bytes of an archive as tar, whatever it is packed with."""
    with open(path, 'rb', buffering=0) as file:
        start = file.read(8)
        file.seek(0)
        command = next((command for magic, command in PACKINGS if start.startswith(magic)), ['cat'])
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
            try:
                yield program.stdout
                # Readers stop at the end mark; what pads the archive must not look like damage.
                program.stdout.read(64 << 20)
            finally:
                program.stdout.close()
        if program.returncode != 0:
            raise Refused(f'{name} is damaged: {command[0]} cannot unpack it')


def normal(name, whose):
    parts = PurePosixPath(name).parts
    if not parts and name not in ('.', './', ''):
        raise Refused(f'the entry "{whose}" has no name')
    if name.startswith('/') or '..' in parts:
        raise Refused(f'the entry "{whose}" leads out of the archive ("{name}")')
    return '/'.join(parts)


class Judge:
    """Counts over all layers of one import, and looks at each entry."""

    def __init__(self):
        self.entries = 0
        self.bytes = 0

    def survey(self, path, name):
        """What an archive holds, all of it judged: its plain names, and the whiteouts of a layer."""
        links, names, whiteouts = set(), [], []
        try:
            with opened(path, name) as stream, tarfile.open(fileobj=stream, mode='r|') as archive:
                for member in archive:
                    self.judge(member, links)
                    plain = normal(member.name, member.name)
                    names.append(plain)
                    if PurePosixPath(plain).name.startswith('.wh.'):
                        whiteouts.append(plain)
        except tarfile.TarError as error:
            raise Refused(f'{name} is no tar archive, or damaged: {error}') from error
        if not names:
            raise Refused(f'{name} is empty')
        return names, whiteouts

    def judge(self, member, links):
        self.entries += 1
        self.bytes += member.size
        if self.entries > MOST_ENTRIES:
            raise Refused(f'it has more than {MOST_ENTRIES} entries')
        if self.bytes > MOST_BYTES:
            raise Refused(f'it unpacks to more than {MOST_BYTES} bytes')
        name = normal(member.name, member.name)
        above = next((str(parent) for parent in PurePosixPath(name).parents if str(parent) in links), None)
        if above is not None:
            raise Refused(f'the entry "{name}" goes through the link "{above}"')
        links.discard(name)
        if member.issym():
            links.add(name)
        elif member.islnk():
            normal(member.linkname, name)
        elif (member.ischr() or member.isblk()) and not name.startswith('dev/'):
            raise Refused(f'the entry "{name}" is a device')


def extract(path, directory, name):
    """Has tar write what was judged. What runs in a container gets a /dev of its own: none is written."""
    with opened(path, name) as stream:
        subprocess.run(
            ['tar', '--extract', '--directory', directory, '--numeric-owner', '--same-owner', '--preserve-permissions']
            + ['--delay-directory-restore', '--xattrs', '--xattrs-include=security.capability']
            + ['--anchored', '--exclude=dev/*', '--exclude=./dev/*', '--no-anchored', '--exclude=.wh.*'],
            stdin=stream,
            check=True,
        )


def apply_whiteouts(root, whiteouts):
    """Takes away what a layer says is gone; OCI image layer specification, "Whiteouts"."""
    base = os.path.realpath(root)
    for name in whiteouts:
        path = PurePosixPath(name)
        directory = os.path.realpath(os.path.join(base, path.parent))
        if os.path.commonpath([base, directory]) != base:
            raise Refused(f'the whiteout "{name}" leads out of the image')
        if not os.path.isdir(directory):
            continue
        gone = os.listdir(directory) if path.name == '.wh..wh..opq' else [path.name.removeprefix('.wh.')]
        for entry in gone:
            remove(os.path.join(directory, entry))


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def read_json(path, what):
    try:
        if os.path.getsize(path) > 8 << 20:
            raise Refused(f'its {what} is too large')
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Refused(f'its {what} cannot be read: {error}') from error


def oci_layers(directory):
    """The files of the layers of the one image for this machine, each checked by its digest."""
    entry = {'digest': None}
    document = read_json(directory / 'index.json', 'index.json')
    while 'manifests' in document:
        wanted = ARCHITECTURES.get(platform.machine(), platform.machine())
        known = [one for one in document['manifests'] if architecture_of(one) in (None, wanted)]
        if not known:
            raise Refused(f'it holds no image for {wanted}')
        entry = known[0]
        document = read_json(blob(directory, entry['digest']), 'manifest')
    return [blob(directory, layer['digest']) for layer in document['layers']]


def architecture_of(descriptor):
    return descriptor.get('platform', {}).get('architecture')


def blob(directory, digest):
    algorithm, _, value = digest.partition(':')
    if algorithm != 'sha256' or len(value) != 64 or not all(one in '0123456789abcdef' for one in value):
        raise Refused(f'the digest {digest} is not a sha256')
    path = directory / 'blobs' / 'sha256' / value
    if not path.is_file() or path.is_symlink():
        raise Refused(f'the blob {digest} is missing')
    with open(path, 'rb') as file:
        if hashlib.file_digest(file, 'sha256').hexdigest() != value:
            raise Refused(f'the blob {digest} has other content')
    return path


def docker_layers(directory):
    manifest = read_json(directory / 'manifest.json', 'manifest.json')
    layers = [directory / normal(layer, layer) for layer in manifest[0]['Layers']]
    for layer in layers:
        # `docker save` of older versions repeats a layer as a link
        if not layer.resolve().is_relative_to(directory) or not layer.is_file():
            raise Refused(f'the layer {layer.name} is missing')
    return layers


def main(archive, root, name):
    judge = Judge()
    names, _ = judge.survey(archive, name)
    layered = next((kind for kind in ('index.json', 'manifest.json') if kind in names), None)
    if layered is None:
        extract(archive, root, name)
    else:
        directory = Path('/tmp/layers')
        directory.mkdir()
        extract(archive, directory, name)
        layers = oci_layers(directory) if layered == 'index.json' else docker_layers(directory)
        for number, layer in enumerate(layers, 1):
            print(f'layer {number} of {len(layers)}', flush=True)
            _, whiteouts = judge.survey(layer, f'layer {number}')
            apply_whiteouts(root, whiteouts)
            extract(layer, root, f'layer {number}')
    if not os.path.lexists(os.path.join(root, 'usr')):
        raise Refused(f'it has no usr/ at its top, but {", ".join(sorted(os.listdir(root))[:5])}: pack the root itself')
    print(f'{judge.entries} entries, {judge.bytes} bytes')


try:
    main(*sys.argv[1:4])
except Refused as refusal:
    sys.exit(f'refused: {refusal}')
except (KeyError, TypeError, AttributeError, IndexError) as error:
    sys.exit(f'refused: what it says of its layers is not as it should be: {error!r}')
except subprocess.CalledProcessError as error:
    sys.exit(f'refused: tar cannot write what it holds, it ended with status {error.returncode}')
