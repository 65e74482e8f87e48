"""`CaseModel`: a case read, checked and assembled, ready to simulate.

Must never import `cli` or the web.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.case.read import case_folder, read_document
from spillover.case.schema import Case
from spillover.case.yaml_text import Document
from spillover.errors import InputError, among
from spillover.store.runfolder import digest_of

if TYPE_CHECKING:
    from spillover.api.run import Run
    from spillover.assemble.assembled import Assembled

__all__ = ["CaseModel", "load"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class CaseModel:
    """A case with its files.

    Attributes
    ----------
    case
        The case as read.
    document
        Where each key stands in its file.
    files
        Name to content of the case file and the tables beside it.
    """

    case: Case
    document: Document
    files: dict[str, bytes]

    @property
    def id(self) -> str:
        """Id of the case."""
        return self.case.case

    @property
    def digest(self) -> str:
        """SHA-256 of the case file."""
        return digest_of({self.document.file: self.files[self.document.file]})

    @property
    def data_digest(self) -> str:
        """SHA-256 of the tables beside the case."""
        return digest_of(
            {n: b for n, b in self.files.items() if n != self.document.file}
        )

    @cached_property
    def assembled(self) -> Assembled:
        """The case as numbers and structure."""
        from spillover.assemble.build import assemble

        return assemble(self.case)

    def check(self, *, strict: bool = False) -> tuple[str, ...]:
        """Check the rules across elements and that it can be assembled.

        Returns
        -------
        tuple of str
            Warnings, a sentence each.

        Raises
        ------
        CaseError, ModelError
            With every fault.
        """
        from spillover.assemble.draws import draw_table
        from spillover.case.check import check_case

        found = check_case(self.case, self.document, strict=strict)
        draw_table(self.assembled, 1, 200)  # raises when events beget without end
        context = "match no stream"  # said once, by the check of the case
        notes = [n for n in self.assembled.notes if context not in n]
        return (*found, *notes)

    @property
    def levers(self) -> tuple[str, ...]:
        """Ids of the levers."""
        return tuple(lever.id for lever in self.case.levers)

    def simulate(
        self,
        *,
        draws: int = 2000,
        futures: int = 20,
        members: int | None = None,
        seed: int = 1,
        levers: Sequence[str] = (),
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Simulate the case, and with each of the levers asked for.

        Parameters
        ----------
        draws, futures
            Samples of the uncertain numbers, simulated courses in each.
        members
            Instead: total number of courses, 20 in each draw.
        seed
            Same seed, same case, same answers.
        levers
            Ids of levers to run beside the case as it is.
        threads
            Threads; all cores when absent.
        progress
            Called with (done, total, what).

        Raises
        ------
        InputError
            When a lever is not known or a size is below one.
        """
        from spillover.api.run import Run
        from spillover.ensemble.run import run_ensemble

        if members is not None:
            futures = min(20, max(1, members))
            draws = max(1, -(-members // futures))
        if draws < 1 or futures < 1:
            msg = f"draws is {draws} and futures is {futures}: both must be 1 or more"
            raise InputError(msg)
        unknown = [x for x in levers if x not in self.levers]
        if unknown:
            msg = f'unknown lever "{unknown[0]}": the levers are {among(unknown[0], self.levers)}'
            raise InputError(msg)
        first = self.assembled.arms[0].id
        arms = (first, *(x for x in levers if x != first))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ensemble = run_ensemble(
                self.assembled,
                draws=draws,
                futures=futures,
                seed=seed,
                arms=arms,
                threads=threads,
                progress=progress,
            )
        notes = tuple(
            dict.fromkeys(
                str(w.message)
                for w in caught
                if w.category.__module__.startswith("spillover")
            )
        )
        return Run(self, ensemble, notes)


def load(name: str | Path) -> CaseModel:
    """Read a case: the id of a bundled one, a folder, or a file.

    Raises
    ------
    CaseError
        With every fault found.
    """
    case, document = read_document(name)
    folder, file = case_folder(name)
    history = case.history
    names = [
        file,
        *(n for n in (history.records, history.counts, history.codebook) if n),
    ]
    return CaseModel(case, document, {n: (folder / n).read_bytes() for n in names})
