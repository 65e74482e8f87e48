"""Writes the lock files: one version with its digests for each package.

    python scripts/lock.py [--check]

``locks/run.txt`` is a plain install, ``locks/dev.txt`` that of `make dev`; each serves
every system and every Python from 3.11 on (marks after a version say which). They name
no server: pip takes them from wherever it is set up to look, and refuses a file whose
digest differs. ``--check`` writes nothing and fails where a lock does not fit
pyproject.toml any more.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS: dict[str, tuple[str, ...]] = {"run": (), "dev": ("dev", "bayes")}
HEAD = "# Made by `make lock`. Install with: pip install --require-hashes -r {file}\n"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


def lock_file(name: str) -> Path:
    """Where a lock lies."""
    return ROOT / "locks" / f"{name}.txt"


def pinned(name: str) -> dict[str, set[str]]:
    """Versions of each package in a lock; more than one where Pythons differ."""
    found: dict[str, set[str]] = {}
    for package, version in _PINNED.findall(lock_file(name).read_text("utf-8")):
        found.setdefault(plain(package), set()).add(version)
    return found


def plain(package: str) -> str:
    """A package's name as registries compare names."""
    return re.sub(r"[-_.]+", "-", package).lower()


def asked(name: str) -> dict[str, str]:
    """Bounds that pyproject.toml sets for what a lock must hold."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    lines = list(project["dependencies"])
    for extra in EXTRAS[name]:
        lines += project["optional-dependencies"][extra]
    out = {}
    for line in lines:
        package = re.match(r"[A-Za-z0-9._-]+", line)
        assert package is not None, line
        out[plain(package[0])] = re.sub(r"^[A-Za-z0-9._-]+(\[[^\]]*\])?", "", line)
    return out


def write(name: str) -> None:
    """Resolve anew, to the newest versions within the bounds."""
    file = lock_file(name)
    file.parent.mkdir(exist_ok=True)
    extras = [word for extra in EXTRAS[name] for word in ("--extra", extra)]
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *extras),
            *("--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-header", "--no-annotate", "--quiet", "--upgrade"),
            *("--output-file", str(file)),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    text = file.read_text("utf-8")
    if "://" in text or str(ROOT) in text:
        file.unlink()
        sys.exit(f"{file.name} would name a server or a folder of this machine")
    head = HEAD.format(file=file.relative_to(ROOT).as_posix())
    file.write_text(head + text, encoding="utf-8")


def faults(name: str) -> list[str]:
    """What of pyproject.toml a lock does not fulfil."""
    from packaging.specifiers import SpecifierSet

    if not lock_file(name).exists():
        return [f"locks/{name}.txt is missing"]
    held = pinned(name)
    out = []
    for package, bounds in asked(name).items():
        versions = held.get(package, set())
        if not versions or any(v not in SpecifierSet(bounds) for v in versions):
            found = ", ".join(sorted(versions)) or "nothing"
            out.append(f"locks/{name}.txt: {package} wants {bounds}, holds {found}")
    return out


def main() -> None:
    """Write both, or check both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        wrong = [fault for name in EXTRAS for fault in faults(name)]
        sys.exit("\n".join([*wrong, "run: make lock"]) if wrong else 0)
    for name in EXTRAS:
        write(name)
        print(f"locks/{name}.txt: {len(pinned(name))} packages")


if __name__ == "__main__":
    main()
