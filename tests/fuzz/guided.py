"""Coverage-guided fuzzing with atheris, for those who have it; no test needs it.

    pip install atheris
    python -m tests.fuzz.guided --target dictionaries --minutes 10

It starts from valid documents of the target, keeps what reaches new lines, and judges
by the same law as the campaign. A fault ends it; the input is in the folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

__all__ = ["main"]

READERS = [
    "spillover.case",
    "spillover.readers",
    "spillover.reports",
    "spillover.store",
]


def main() -> None:
    """Run one target until the time is over or a fault is found."""
    parser = argparse.ArgumentParser("python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--folder", type=Path, default=Path("runs/fuzz/guided"))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    with atheris.instrument_imports(include=READERS):
        from tests.fuzz.engine import judge, limits
        from tests.fuzz.targets.all import TARGETS

    target = TARGETS[asked.target]
    target.warm()
    corpus = asked.folder / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    rng = Random(asked.seed)
    for k in range(60):
        (corpus / f"seed-{k}").write_bytes(target.make(rng))
    scratch = Path(tempfile.mkdtemp())
    warnings.simplefilter("ignore")

    def one(data: bytes) -> None:
        verdict = judge(target, data, scratch)
        if not verdict.good:
            sys.stderr.write(f"{verdict.kind}: {verdict.text}\n{verdict.trace}\n")
            raise RuntimeError(verdict.key)

    options = [
        f"-max_total_time={int(asked.minutes * 60)}",
        f"-artifact_prefix={corpus}-",
        f"-seed={asked.seed}",
        "-max_len=8000",
        "-timeout=60",
        "-rss_limit_mb=4096",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], one)
    with limits():
        atheris.Fuzz()


if __name__ == "__main__":
    main()
