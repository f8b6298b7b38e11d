"""compare-repodata.py OURS THEIRS: prints, as JSON, every field in which two repositories differ by package."""

import json
import sys

import createrepo_c as cr

FIELDS = """name arch version epoch release summary description url time_file time_build rpm_license rpm_vendor rpm_group
rpm_buildhost rpm_sourcerpm rpm_header_start rpm_header_end rpm_packager size_package size_installed size_archive
checksum_type pkgId""".split()
LISTS = "requires provides conflicts obsoletes suggests enhances recommends supplements files changelogs".split()


def load(path):
    repomd = cr.Repomd(path + "/repodata/repomd.xml")
    lists = {record.type: path + "/" + record.location_href for record in repomd.records}
    packages = {}
    primary_files = {}
    cr.xml_parse_primary(lists["primary"], pkgcb=lambda p: primary_files.__setitem__(p.pkgId, list(p.files)), do_files=1)
    cr.xml_parse_primary(lists["primary"], pkgcb=lambda p: packages.__setitem__(p.pkgId, p), do_files=0)
    find = lambda pkgid, name, arch: packages[pkgid]
    cr.xml_parse_filelists(lists["filelists"], newpkgcb=find)
    cr.xml_parse_other(lists["other"], newpkgcb=find)
    result = {}
    for pkgid, package in packages.items():
        fields = {name: getattr(package, name) or None for name in FIELDS}
        fields.update({name: [list(item) for item in getattr(package, name)] for name in LISTS})
        fields["primary files"] = [list(item) for item in primary_files[pkgid]]
        result[pkgid] = fields
    return result


ours, theirs = load(sys.argv[1]), load(sys.argv[2])
differences = []
for pkgid in sorted(set(ours) | set(theirs)):
    a, b = ours.get(pkgid), theirs.get(pkgid)
    if a is None or b is None:
        differences.append([pkgid, "package", a and a["name"], b and b["name"]])
        continue
    differences += [[a["name"], key, a[key], b[key]] for key in a if a[key] != b[key]]
print(json.dumps({"packages": len(ours), "differences": differences}))
