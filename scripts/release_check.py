"""Builds wheel and sdist and tries both where nothing else is: `make release-check`.

    python scripts/release_check.py [--out dist] [--tests PATH ...]

1. Build the sdist, and the wheel from it.
2. A clean environment gets the wheel and nothing else: it must start, check and read a
   bundled case, and take less disk than the budget of `benchmarks.start`.
3. Its parts list is written as CycloneDX JSON (``sbom.json`` beside the wheel).
4. The same environment gets the tools of the tests; the tests of the unpacked sdist run
   against the installed wheel (all quick ones, or those named).
5. Another clean environment gets the sdist alone: it must start.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUICK = "not slow and not nightly and not browser"


def run(*words: str | Path, cwd: Path | None = None, **named: str) -> str:
    """Run to its end; what it printed, or the end of this script."""
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(w) for w in words],
        cwd=cwd,
        env={**clean, **named},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\nfailed: {' '.join(map(str, words))}")
    return done.stdout


def environment(folder: Path) -> Path:
    """A clean environment; its interpreter."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def say(what: str) -> None:
    """One line of progress."""
    print(what, flush=True)


def starts(python: Path, folder: Path) -> None:
    """The installed program, and no other, starts and reads a bundled case.

    ``folder`` is made: it works there.
    """
    folder.mkdir()
    where = run(python, "-c", "import spillover; print(spillover.__file__)", cwd=folder)
    assert "site-packages" in where, where
    say(
        f"  spillover {run(python, '-m', 'spillover', '--version', cwd=folder).strip()}"
    )
    run(python, "-m", "spillover", "check", "strait-demo", cwd=folder)
    run(python, "-m", "spillover", "new", "mycase", "-q", cwd=folder)
    run(python, "-m", "spillover", "check", "mycase", cwd=folder)


def main() -> None:
    """All five steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--tests", nargs="+", default=["tests"])
    asked = parser.parse_args()
    out = asked.out.resolve()
    say("build")
    run(sys.executable, "-m", "build", "--outdir", out, cwd=ROOT)
    wheel = max(out.glob("*.whl"), key=lambda p: p.stat().st_mtime)
    sdist = max(out.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    say(f"  {wheel.name} {wheel.stat().st_size / 1e6:.1f} MB")
    say(f"  {sdist.name} {sdist.stat().st_size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        tree = folder / sdist.name.removesuffix(".tar.gz")
        say("the wheel alone")
        python = environment(folder / "wheel")
        pip = (python, "-m", "pip", "install", "--quiet")
        run(*pip, wheel)
        starts(python, folder / "at-wheel")
        site = run(
            python, "-c", "import sysconfig as s; print(s.get_paths()['purelib'])"
        )
        measured = (python, "-m", "benchmarks.start", "--site", site.strip())
        say(run(*measured, cwd=tree).strip().splitlines()[-1])
        say("its parts")
        sbom = out / "sbom.json"
        run(
            *(sys.executable, "-m", "cyclonedx_py", "environment", python),
            *("--output-reproducible", "--output-file", sbom),
        )
        say(f"  {sbom.name} {sbom.stat().st_size / 1e3:.0f} kB")
        say("tests against the installed wheel")
        run(*pip, f"{wheel}[dev,bayes]")
        (tree / "src").rename(tree / "src-not-used")
        done = run(
            *(python, "-m", "pytest", "-q", "-n", "2", "-m", QUICK, *asked.tests),
            cwd=tree,
            OPENBLAS_NUM_THREADS="1",
            OMP_NUM_THREADS="1",
        )
        say("  " + done.strip().splitlines()[-1])
        say("the sdist alone")
        python = environment(folder / "sdist")
        run(python, "-m", "pip", "install", "--quiet", sdist)
        starts(python, folder / "at-sdist")
    say("both are good")


if __name__ == "__main__":
    main()
