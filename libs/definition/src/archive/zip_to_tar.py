"""Writes the zip archive named by the first argument to standard output as a tar archive.

The same zip gives the same tar: names sorted, owner root, times as the zip has them.
Nothing is unpacked here, and no name is judged: whoever opens the tar does that.
"""

import calendar
import stat
import sys
import tarfile
import zipfile


def convert(path, output):
    with zipfile.ZipFile(path) as archive, tarfile.open(fileobj=output, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            mode = entry.external_attr >> 16
            info = tarfile.TarInfo(entry.filename)
            info.mtime = calendar.timegm(entry.date_time)
            info.uname = info.gname = "root"
            info.mode = 0o755 if entry.is_dir() or mode & 0o111 else 0o644
            if entry.is_dir():
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            elif stat.S_ISLNK(mode):
                if entry.file_size > 4096:
                    sys.exit("a symbolic link with more than 4096 bytes")
                info.type = tarfile.SYMTYPE
                info.linkname = archive.read(entry).decode("utf-8", "surrogateescape")
                tar.addfile(info)
            elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                info.size = entry.file_size
                with archive.open(entry) as content:
                    tar.addfile(info, content)
            else:
                sys.exit(f"{entry.filename} is neither file, directory nor link")


try:
    convert(sys.argv[1], sys.stdout.buffer)
except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError) as error:
    sys.exit(str(error))
