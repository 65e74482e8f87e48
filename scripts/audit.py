"""Asks whether a known weakness is in a locked package: `make audit`, before a release.

    python scripts/audit.py [LOCK ...]

pip-audit asks the public list of weaknesses about each name and version of a lock; this
needs the network. A package that could not be asked about is not taken for clean: exit
code 1 means a weakness, 3 that the answer is not known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def verdict(found: dict[str, Any]) -> tuple[int, list[str]]:
    """Exit code and lines for what pip-audit reports."""
    weak, unknown, asked = [], [], 0
    for package in found["dependencies"]:
        if "skip_reason" in package:
            unknown.append(package["name"])
            continue
        asked += 1
        for v in package["vulns"]:
            mend = ", ".join(v["fix_versions"]) or "no version yet"
            said = (
                f"{package['name']} {package['version']}: {v['id']}, mended in {mend}"
            )
            weak.append(said)
    lines = [f"{asked} packages asked about, {len(weak)} weaknesses", *weak]
    if unknown:
        few = ", ".join(sorted(unknown)[:5]) + (" ..." if len(unknown) > 5 else "")
        lines.append(
            f"{len(unknown)} packages not asked about (is the list of weaknesses out "
            f"of reach?): {few}"
        )
    return (1 if weak else 3 if unknown else 0), lines


def audit(lock: Path) -> int:
    """Ask about one lock and print."""
    words = ["--requirement", str(lock), "--require-hashes", "--disable-pip"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *words, "--format", "json"],
        capture_output=True,
        encoding="utf-8",
    )
    print(lock.name)
    try:
        code, lines = verdict(json.loads(done.stdout))
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        code, lines = 3, [f"pip-audit could not ask: {last[:200]}"]
    print("\n".join(f"  {line}" for line in lines))
    return code


def main() -> None:
    """Ask about the locks named, or both."""
    locks = [Path(word) for word in sys.argv[1:]] or sorted(ROOT.glob("locks/*.txt"))
    codes = [audit(lock) for lock in locks]
    sys.exit(1 if 1 in codes else max(codes))


if __name__ == "__main__":
    main()
