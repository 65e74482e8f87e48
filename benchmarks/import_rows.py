"""Seconds and memory to import GDELT rows: ``python -m benchmarks.import_rows``.

Invented rows in a zip, 61 columns and about 400 bytes each, are read, mapped and stored
by the code of ``spillover import``, in a process of its own; the zip is made before the
clock starts.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

CODES = ("010", "020", "036", "040", "042", "051", "0251", "112", "173", "190", "193")
STATES = (("IRQ", "IZ", "Iraq"), ("IRN", "IR", "Iran"), ("ISR", "IS", "Israel"))
STATES += (
    ("USA", "US", "United States"),
    ("SYR", "SY", "Syria"),
    ("TUR", "TU", "Turkey"),
)
ROLES = ("", "GOV", "MIL", "REB", "COP", "OPP")
BLANK = [""] * 61


def rows(n: int, seed: int = 1) -> Iterator[str]:
    """Lines of GDELT 2.0, each with an id of its own."""
    rng = random.Random(seed)
    first = date(2024, 1, 1)
    days = [first + timedelta(days=k) for k in range(300)]
    for k in range(n):
        day = days[k * len(days) // n]
        text = day.strftime("%Y%m%d")
        cells = BLANK.copy()
        cells[0:5] = [
            str(1_150_000_000 + k),
            text,
            text[:6],
            text[:4],
            f"{day.year + day.timetuple().tm_yday / 366:.4f}",
        ]
        for at in (5, 15):
            iso, _, name = STATES[rng.randrange(6)]
            role = ROLES[rng.randrange(6)]
            cells[at : at + 3] = [iso + role, name.upper(), iso]
            cells[at + 7] = role
        code = CODES[rng.randrange(len(CODES))]
        base = code[:3]
        cells[25:35] = [
            "1",
            code,
            base,
            base[:2],
            "4" if base > "14" else "1",
            f"{rng.uniform(-10, 10):.1f}",
            str(rng.randrange(1, 40)),
            "1",
            str(rng.randrange(1, 40)),
            f"{rng.uniform(-9, 9):.13f}",
        ]
        for at in (35, 43, 51):
            _, fips, name = STATES[rng.randrange(6)]
            cells[at : at + 8] = [
                "4",
                f"Town {rng.randrange(400)}, Province {rng.randrange(30)}, {name}",
                fips,
                f"{fips}{rng.randrange(30):02d}",
                str(rng.randrange(20_000, 30_000)),
                f"{rng.uniform(20, 40):.4f}",
                f"{rng.uniform(30, 60):.4f}",
                f"-{rng.randrange(1_000_000, 9_999_999)}",
            ]
        cells[59] = f"{text}{rng.randrange(24):02d}{15 * rng.randrange(4):02d}00"
        cells[60] = (
            f"https://paper-{rng.randrange(900)}.example/{day:%Y/%m}/story-{rng.getrandbits(64):x}-about-a-meeting"
        )
        yield "\t".join(cells)


def write_zip(path: Path, n: int) -> int:
    """Write n rows as one member of a zip; gives the bytes of its text."""
    size = 0
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("20240101000000.export.CSV", "w", force_zip64=True) as out,
    ):
        some: list[str] = []
        for k, text in enumerate(rows(n), 1):
            some.append(text)
            if len(some) == 20_000 or k == n:
                block = ("\n".join(some) + "\n").encode()
                size += len(block)
                out.write(block)
                some.clear()
    return size


def measure(store: Path, file: Path, memory: str) -> None:
    """Import one file; print seconds and the largest resident memory."""
    from benchmarks.fit_data import memory_mb
    from spillover.readers.importing import import_file
    from spillover.store.events import open_store

    began = time.perf_counter()
    with open_store(store, write=True, memory=memory) as connection:
        report = import_file(connection, store, file)
    seconds = time.perf_counter() - began
    peak = memory_mb()
    c = report.counts
    print(
        f"read {c.read:,}, kept {c.kept:,}, dropped {sum(c.dropped.values()):,}: "
        f"{seconds:.2f} s ({time.process_time():.2f} s of processor), "
        f"peak memory {peak:.0f} MB, "
        f"store {store.stat().st_size / 1e6:.0f} MB"
    )


def main() -> None:
    """Make the rows, then measure in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory", default="", help="what DuckDB may keep")
    parser.add_argument("--import-only", nargs=2, metavar=("STORE", "FILE"))
    asked = parser.parse_args()
    if asked.import_only:
        measure(*map(Path, asked.import_only), asked.memory)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.export.CSV.zip"
        size = write_zip(file, asked.rows)
        print(
            f"{asked.rows:,} rows, {size / 1e6:.0f} MB of text, "
            f"{file.stat().st_size / 1e6:.0f} MB zipped",
            flush=True,
        )
        store = Path(folder) / "events.duckdb"
        words = ["--memory", asked.memory, "--import-only", str(store), str(file)]
        subprocess.run(
            [sys.executable, "-m", "benchmarks.import_rows", *words], check=True
        )


if __name__ == "__main__":
    main()
