"""How fast reports are read, and how much memory many of them take.

    python -m benchmarks.reading [--articles 10000]

Articles are made from the project's own reports, about 600 words each. The time of one
core is printed by part; memory is the peak of a child process that reads and forgets.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

from spillover.reports.load import load_reports
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report

OWN = Path(__file__).parents[1] / "tests" / "reports" / "own"
WORDS = 600


def articles(count: int) -> list[Report]:
    """Reports of about 600 words, each with another order of paragraphs."""
    parts = [
        paragraph
        for report in load_reports([OWN])
        for paragraph in report.text.split("\n\n")
    ]
    made = []
    for n in range(count):
        words, text = 0, []
        k = n
        while words < WORDS:
            paragraph = parts[k % len(parts)]
            text.append(paragraph)
            words += len(paragraph.split())
            k += 7
        made.append(Report(f"{n:012d}", "\n\n".join(text)))
    return made


def main() -> None:
    """Print articles a second, and the peak after few and many."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=int, default=10_000)
    options.add_argument("--child", type=int, default=0)
    given = options.parse_args()
    reader = LexiconReader()
    if given.child:
        sample = articles(50)
        for n in range(given.child):
            reader.read(sample[n % 50])
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    sample = articles(200)
    reader.read(sample[0])
    began = time.process_time()
    for report in sample:
        reader.read(report)
    seconds = time.process_time() - began
    words = sum(len(r.text.split()) for r in sample) / len(sample)
    print(
        f"{len(sample) / seconds:.0f} articles of {words:.0f} words a second and core"
    )
    for count in (100, given.articles):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.reading", "--child", str(count)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        print(f"{count:,} articles read: peak {done.stdout.strip()} MB")


if __name__ == "__main__":
    main()
