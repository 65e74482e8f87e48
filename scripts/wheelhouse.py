r"""A folder from which Spillover installs where there is no network: a wheelhouse.

    python scripts/wheelhouse.py FOLDER [--for SYSTEM ...] [--python 3.11]
    python scripts/wheelhouse.py --install FOLDER

The first runs where there is a network: it builds the wheel of this checkout and
downloads, for each system asked for, the wheels of ``locks/run.txt`` into
FOLDER/<system>, digests checked. Copy FOLDER/<system> to the other machine; there

    python -m venv env
    env/bin/python -m pip install --no-index --find-links FOLDER/linux spillover

(``env\Scripts\python`` on Windows). Only wheels are taken, never anything that would
have to be compiled. Where no wheel exists for a system, the package is named: exit
code 1. Systems: linux (glibc 2.28), macos (14, Apple's processors), windows, and
macos-intel, for which numba's newest versions have no wheel any more.

``--install`` tries a folder for this system: a clean environment, no index.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "locks" / "run.txt"
SYSTEMS: dict[str, tuple[str, ...]] = {
    "linux": (
        *(f"manylinux_2_{n}_x86_64" for n in (28, 27, 26, 24, 17)),
        *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
    ),
    "macos": tuple(
        f"macosx_{n}_0_{kind}"
        for n in (14, 13, 12, 11)
        for kind in ("arm64", "universal2")
    ),
    "macos-intel": (
        *(
            f"macosx_{n}_0_{k}"
            for n in (14, 13, 12, 11)
            for k in ("x86_64", "universal2")
        ),
        *(
            f"macosx_10_{n}_{k}"
            for n in (15, 14, 13, 12, 9)
            for k in ("x86_64", "universal2")
        ),
    ),
    "windows": ("win_amd64",),
}
"""Platform tags by system: Linux with glibc 2.28, macOS 14, or newer."""


def requirements(system: str, python: str) -> str:
    """The lock's lines that hold for a system and a Python, marks decided here.

    pip would decide them for the machine it runs on.
    """
    from packaging.markers import Marker

    names = {
        "windows": ("win32", "Windows", "nt"),
        "linux": ("linux", "Linux", "posix"),
    }
    sys_platform, platform_system, os_name = names.get(
        system, ("darwin", "Darwin", "posix")
    )
    there = {
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "os_name": os_name,
        "platform_machine": {"macos": "arm64", "windows": "AMD64"}.get(
            system, "x86_64"
        ),
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    kept = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text("utf-8")):
        if block.startswith("#"):
            continue
        first, _, digests = block.partition("\\\n")
        wanted, _, marker = first.partition(" ; ")
        if not marker or Marker(marker.strip()).evaluate(there):
            kept.append(f"{wanted.strip()} \\\n{digests}")
    return "\n".join(kept)


def fill(folder: Path, system: str, python: str) -> list[str]:
    """Download for one system; names of what has no wheel there."""
    place = folder / system
    place.mkdir(parents=True, exist_ok=True)
    tags = [word for tag in SYSTEMS[system] for word in ("--platform", tag)]
    short = python.replace(".", "")
    words = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--only-binary", ":all:", "--require-hashes", "--dest", str(place)),
        *("--python-version", python, "--implementation", "cp"),
        *("--abi", f"cp{short}", "--abi", "abi3", "--abi", "none", *tags),
    ]
    asked = place / "requirements.txt"
    text = requirements(system, python)
    asked.write_text(text + "\n", encoding="utf-8")
    if subprocess.run([*words, "-r", str(asked)], check=False).returncode == 0:
        return []
    # One by one: say which are missing, and fetch the rest.
    without = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        asked.write_text(block + "\n", encoding="utf-8")
        if subprocess.run(
            [*words, "-r", str(asked)], check=False, capture_output=True
        ).returncode:
            without.append(block.split()[0])
    asked.write_text(text + "\n", encoding="utf-8")
    return without


def build(folder: Path) -> Path:
    """The wheel of this checkout."""
    words = [*(sys.executable, "-m", "pip", "wheel"), "--quiet", "--no-deps"]
    subprocess.run([*words, "--wheel-dir", str(folder), str(ROOT)], check=True)
    return max(folder.glob("spillover-*.whl"), key=lambda p: p.stat().st_mtime)


def try_install(folder: Path) -> None:
    """Install from a folder alone, in a clean environment, and start."""
    with tempfile.TemporaryDirectory() as name:
        env = Path(name) / "env"
        venv.create(env, with_pip=True)
        python = env / ("Scripts" if os.name == "nt" else "bin") / "python"
        # Nothing of this machine's settings: the folder must be enough.
        alone = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
        alone["PIP_CONFIG_FILE"] = os.devnull
        words = ["-m", "pip", "install", "--quiet", "--no-index", "--find-links"]
        for line in (
            [*words, str(folder.resolve()), "spillover"],
            ["-m", "spillover", "--version"],
            ["-m", "spillover", "check", "strait-demo"],
        ):
            subprocess.run([str(python), *line], check=True, env=alone, cwd=name)
    print(f"{folder}: installs without an index, starts, and checks a case")


def main() -> None:
    """Fill a folder, or try one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", nargs="+", choices=sorted(SYSTEMS), dest="systems",
                        default=["linux", "macos", "windows"])  # fmt: skip
    parser.add_argument("--python", default="3.11", metavar="3.N")
    parser.add_argument("--install", action="store_true")
    asked = parser.parse_args()
    if asked.install:
        try_install(asked.folder)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.TemporaryDirectory() as name:
        wheel = build(Path(name))
        for system in asked.systems:
            without = fill(asked.folder, system, asked.python)
            place = asked.folder / system
            shutil.copy(wheel, place)
            wheels = list(place.glob("*.whl"))
            size = sum(w.stat().st_size for w in wheels) / 1e6
            print(
                f"{system}, Python {asked.python}: {len(wheels)} wheels, {size:.0f} MB"
            )
            for package in without:
                failed = True
                print(f"  no wheel: {package}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
