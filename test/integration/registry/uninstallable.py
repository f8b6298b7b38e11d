"""Tells which packages of a repository dnf cannot install, each alone and each together with another.

usage: uninstallable.py REPOSITORY ROOT OTHER
prints a JSON object: {"alone": [names], "together": [names]}
"""

import json
import sys

import dnf

repository, root, other = sys.argv[1:]
base = dnf.Base()
base.conf.installroot = root
base.conf.cachedir = root + "/cache"
base.conf.persistdir = root + "/persist"
base.conf.logdir = root
base.conf.substitutions["releasever"] = "9"
base.conf.substitutions["arch"] = "x86_64"
base.conf.substitutions["basearch"] = "x86_64"
base.conf.install_weak_deps = False
base.repos.add_new_repo("farm", base.conf, baseurl=["file://" + repository], gpgcheck=False)
base.fill_sack(load_system_repo=False)
available = base.sack.query().available().filterm(arch__neq="src")


def is_installable(packages):
    base.reset(goal=True)
    for package in packages:
        base.package_install(package)
    try:
        return base.resolve()
    except dnf.exceptions.DepsolveError:
        return False


found = {"alone": [], "together": []}
others = list(available.filter(name=other))
for package in available:
    if not is_installable([package]):
        found["alone"].append(package.name)
    elif not is_installable([package, *others]):
        found["together"].append(package.name)
print(json.dumps({kind: sorted(names) for kind, names in found.items()}))
