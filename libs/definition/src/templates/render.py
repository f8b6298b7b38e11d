"""Renders Jinja2 templates of unknown origin.

Reads a JSON request from standard input: {"version": {...}, "pkg": {...}, "texts": {further variables}, "jobs": [{"name",
"path" or "text"}], and the limits "cpu_seconds", "memory_bytes", "output_bytes"}. Writes {"texts": [...]} or {"name", "line", "message"} of the
first failure as JSON to standard output, and the name of each template to standard error before it is rendered: a
template that is killed for its time can still be named.
"""

import json
import os
import resource
import sys
import traceback
from datetime import datetime, timezone

import jinja2
from jinja2.sandbox import SandboxedEnvironment


class Version(str):
    """The main version, a text, with the other parts as attributes."""

    def __new__(cls, parts):
        version = super().__new__(cls, parts["main"])
        version.__dict__.update(parts)
        return version


class Package:
    """What is built and for whom."""

    def __init__(self, parts, version):
        self.__dict__.update(parts)
        self.version = version


class TooMuchOutput(Exception):
    pass


def utc(timestamp):
    return datetime.fromtimestamp(int(timestamp), timezone.utc)


FILTERS = {
    "gittag": lambda value: str(value).replace("~", "-"),
    "rpm_version": lambda value: str(value).replace("-", "~"),
    "timestamp_rpmdate": lambda value: utc(value).strftime("%a %b %d %Y"),
    "timestamp_iso": lambda value: utc(value).replace(tzinfo=None).isoformat(sep="T", timespec="minutes"),
}


def environment(loader):
    result = SandboxedEnvironment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    result.filters.update(FILTERS)
    return result


def load(job):
    if "text" in job:
        return environment(None).from_string(job["text"])
    loader = jinja2.FileSystemLoader(os.path.dirname(job["path"]))
    return environment(loader).get_template(os.path.basename(job["path"]))


def render(job, variables, room):
    pieces = []
    for piece in load(job).generate(**variables):
        room -= len(piece.encode("utf-8", "replace"))
        if room < 0:
            raise TooMuchOutput
        pieces.append(piece)
    return "".join(pieces), room


def line_of(error, job):
    """The line in the template's file; a text has none, its name tells where it stands."""
    if "text" in job:
        return None
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == job["path"]]
    return lines[-1] if lines else None


def message_of(error):
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    if isinstance(error, TooMuchOutput):
        return "its output is too long"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8: {error}"
    if isinstance(error, jinja2.TemplateNotFound):
        return f"the template {error} is not beside it"
    return str(error) or type(error).__name__


def main():
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"], request["memory_bytes"]))
    version = Version(request["version"])
    variables = {**request.get("texts", {}), "version": version, "pkg": Package(request["pkg"], version)}
    texts, room = [], request["output_bytes"]
    for job in request["jobs"]:
        print(job["name"], file=sys.stderr, flush=True)
        try:
            text, room = render(job, variables, room)
        except Exception as error:
            json.dump({"name": job["name"], "line": line_of(error, job), "message": message_of(error)}, sys.stdout)
            return
        texts.append(text)
    json.dump({"texts": texts}, sys.stdout)


main()
