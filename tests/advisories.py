"""Which known vulnerabilities the pinned dependencies have: `make audit` asks OSV for every line of requirements.lock.
Case WEB-07.

Nothing of the project is sent but names and versions. Exit code 0: none, or each is explained in advisories.toml; 1:
one is not; 2: OSV could not be asked, and nothing was checked.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx

from index.models import Value

HERE = Path(__file__).parent
LOCK = HERE.parent / "requirements.lock"
OSV = "https://api.osv.dev"
BATCH = 500  # the service takes a thousand


class Accepted(Value, frozen=True, kw_only=True):
    """A vulnerability under any of its names that does not concern this project, and why."""

    package: str
    ids: tuple[str, ...]
    reason: str


class Found(Value, frozen=True, kw_only=True):
    """A vulnerability of a pinned dependency, under all of its names."""

    package: str
    version: str
    ids: tuple[str, ...]
    summary: str


def pinned(lock: str) -> list[tuple[str, str]]:
    """Name and version of every dependency in the text of a lock file; some have several, each for its platforms.

    >>> pinned("httpx==0.28.1 \\\\\\n    --hash=sha256:00\\n    # via isnad\\nuvloop==0.22 ; sys_platform != 'win32'")
    [('httpx', '0.28.1'), ('uvloop', '0.22')]
    """
    return re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE)


def accepted() -> tuple[Accepted, ...]:
    """The exceptions, as advisories.toml has them."""
    load = tomllib.loads((HERE / "advisories.toml").read_text("utf-8"))["accepted"]
    return tuple(Accepted(package=item["package"], ids=tuple(item["ids"]), reason=item["reason"]) for item in load)


def found(versions: Sequence[tuple[str, str]], osv: str = OSV) -> list[Found]:
    """The vulnerabilities that OSV knows of these versions. Raises httpx.HTTPError where it cannot be asked."""
    known: list[Found] = []
    with httpx.Client(base_url=osv, timeout=30) as client:
        for start in range(0, len(versions), BATCH):
            part = versions[start : start + BATCH]
            queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in part]
            reply = client.post("/v1/querybatch", json={"queries": queries}).raise_for_status().json()["results"]
            for (name, version), result in zip(part, reply, strict=True):
                for one in result.get("vulns", ()):
                    told = client.get(f"/v1/vulns/{one['id']}").raise_for_status().json()
                    ids = (one["id"], *told.get("aliases", ()))
                    known.append(Found(package=name, version=version, ids=ids, summary=told.get("summary", "")))
    return known


def unexplained(known: Iterable[Found], exceptions: Iterable[Accepted]) -> list[Found]:
    """Those for which there is no exception under any of their names."""
    explained = {(exception.package, name) for exception in exceptions for name in exception.ids}
    return [one for one in known if not any((one.package, name) in explained for name in one.ids)]


def main(osv: str = OSV) -> int:
    """Ask, tell, and say by the exit code what came of it."""
    versions = pinned(LOCK.read_text("utf-8"))
    try:
        known = found(versions, osv)
    except httpx.HTTPError as error:
        sys.stderr.write(f"OSV could not be asked ({type(error).__name__}); nothing was checked\n")
        return 2
    left = unexplained(known, accepted())
    for one in left:
        sys.stdout.write(f"{one.package} {one.version}: {', '.join(one.ids)}: {one.summary}\n")
    explained = len(known) - len(left)
    sys.stdout.write(f"{len(versions)} dependencies: {len(left)} vulnerabilities to look at, {explained} explained\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
