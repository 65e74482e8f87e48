"""Compile (or load from the cache on disk) everything that imputing a past needs.

numba compiles under one lock, so a second *process* that runs this while the engine
compiles in the first saves its time: both then read one cache.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from spillover.assemble.build import assemble_source
from spillover.assemble.draws import middle_numbers
from spillover.assemble.impute import impute
from spillover.assemble.patterns import StreamWords
from spillover.assemble.sources import (
    AmountSource,
    CaseSource,
    CountSource,
    MarkSource,
    RecordSource,
    ReportSource,
    ResponseSource,
    StreamSource,
)
from spillover.assemble.values import certain
from spillover.case.pattern_text import parse_pattern

__all__ = ["warm_up"]


def _case() -> CaseSource:
    """Write a case of one stream that touches every compiled function."""
    act = parse_pattern("raid")
    origin = dt.date(2031, 3, 1)
    last = origin - dt.timedelta(days=1)
    first = origin - dt.timedelta(days=9)
    harm = AmountSource(certain(0.5, "chance"))
    return CaseSource(
        id="warm",
        origin=origin,
        horizon=1.0,
        streams=(
            StreamSource(
                StreamWords("raid", "a", "ASSAULT", "b", yes_no=("large",)),
                level=certain(1.0),
                marks=MarkSource(
                    yes_no={"large": certain(0.5, "chance")}, amounts={"deaths": harm}
                ),
                observed=((certain(0.5), None, None),),
            ),
            StreamSource(
                StreamWords("word", "b", "AGREE", "a"),
                baseline=certain(0.1),
                observed=((certain(0.5), None, None),),
            ),
        ),
        reports=(ReportSource("claims", (act,), certain(0.5)),),
        responses=(
            ResponseSource("own", (act,), act, certain(0.2), ((certain(1.0), None),)),
        ),
        records=(RecordSource("r", first, first, "a", "ASSAULT", "b"),),
        counts=(
            CountSource("c", first, last, (), "claims", "claims", "exact", 3),
            CountSource("n", first, first, (act,), "", "raid", "exact", 1),
            CountSource(
                "m",
                first,
                last,
                (parse_pattern("raid (large)"),),
                "",
                "l",
                "at least",
                1,
            ),
        ),
    )


def warm_up() -> None:
    """Compile everything once."""
    assembled = assemble_source(_case())
    impute(assembled, np.tile(middle_numbers(assembled), (2, 1)), 0)


if __name__ == "__main__":
    warm_up()
