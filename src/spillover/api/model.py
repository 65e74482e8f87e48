"""`CaseModel`: a case read, checked and assembled, ready to simulate.

Must never import `cli` or the web.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.case.read import case_folder, numbers_by_path, read_document
from spillover.case.schema import Case
from spillover.case.yaml_text import Document
from spillover.errors import CaseError, Fault, InputError, among
from spillover.store.runfolder import digest_of

if TYPE_CHECKING:
    from spillover.api.compare import Comparison
    from spillover.api.fit_file import FitTable
    from spillover.api.paths import Paths
    from spillover.api.run import Run
    from spillover.api.sensitivity import Sensitivity
    from spillover.api.what_if import WhatIf
    from spillover.assemble.assembled import Assembled
    from spillover.cluster.backend import Backend

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
    learned
        What `fit` learned; a fit that stands beside the case is read when needed.
    """

    case: Case
    document: Document
    files: dict[str, bytes]
    learned: FitTable | None = None

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
        """The case as numbers and structure, with what a fit beside it learned."""
        from spillover.assemble.build import assemble

        made = assemble(self.case)
        name = self.case.history.fit
        if self.learned is not None:
            return replace(made, posterior=self.learned.posterior)
        if not name:
            return made
        from spillover.api.fit_file import read_fit

        return replace(made, posterior=read_fit(name, self.files[name], made).posterior)

    @cached_property
    def fit_table(self) -> FitTable | None:
        """What was learned from the history, if anything was."""
        name = self.case.history.fit
        if self.learned is not None or not name:
            return self.learned
        from spillover.api.fit_file import read_fit

        return read_fit(name, self.files[name], self.assembled)

    def fit(
        self,
        *,
        seed: int = 1,
        histories: int = 12,
        rounds: int = 3,
        careful: bool = False,
        progress: Progress | None = None,
    ) -> CaseModel:
        """The case with its numbers fitted to its own history.

        A fit that stands beside the case is kept. Fits are remembered in the user's
        cache folder by the digests of the case and its tables.

        Parameters
        ----------
        seed
            Of the histories that are filled in.
        histories, rounds
            Histories filled in each round, and rounds.
        careful
            Sample each posterior by NUTS (the extra ``bayes``): minutes, not seconds.
        progress
            Called with (done, total, what).

        Raises
        ------
        FitError
            When there is nothing to fit.
        """
        from spillover import __version__
        from spillover.api.fit_file import fit_table, read_fit, write_fit
        from spillover.inference.case_fit import fit_case
        from spillover.store.cache import keep, kept

        if self.fit_table is not None:
            return self
        how = f"{__version__}-{seed}-{histories}-{rounds}{'-nuts' if careful else ''}"
        name = f"fits/{self.digest[:16]}-{self.data_digest[:16]}-{how}.yaml"
        content = kept(name)
        if content is not None:
            try:
                table = read_fit(name, content, self.assembled)
                return replace(self, learned=table)
            except CaseError:
                pass  # a damaged file: fitted again below
        judged = {p for p, n in numbers_by_path(self.case).items() if n.basis == "data"}
        found = fit_case(
            self.assembled,
            seed=seed,
            histories=histories,
            rounds=rounds,
            judged=judged,
            careful=careful,
            progress=progress,
        )
        content = write_fit(fit_table(self.assembled, found, seed), self.id)
        keep(name, content)
        return replace(self, learned=read_fit(name, content, self.assembled))

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
        as_written: bool = False,
        cluster: str | Backend | None = None,
        resume: Path | str | None = None,
        keep_in: Path | str | None = None,
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
        as_written
            Take the numbers as they are written. Else they are fitted to the history
            of the case first, if it has any.
        cluster
            ``local:4`` or the address of a Dask scheduler (the extra ``cluster``): the
            same answers to the byte, where workers have this processor and versions.
        resume
            Folder of finished pieces: made, or gone on from.
        keep_in
            Instead: where a large run makes such a folder under its own name.
        progress
            Called with (done, total, what).

        Raises
        ------
        InputError
            When a lever is not known, a size is below one, the cluster does not answer
            or the folder holds pieces of another run.
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
        model = self if as_written else self._fitted(progress)
        first = self.assembled.arms[0].id
        arms = (first, *(x for x in levers if x != first))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ensemble = run_ensemble(
                model.assembled,
                draws=draws,
                futures=futures,
                seed=seed,
                arms=arms,
                threads=threads,
                cluster=cluster,
                resume=Path(resume) if resume is not None else None,
                keep_in=Path(keep_in) if keep_in is not None else None,
                progress=progress,
            )
        notes = tuple(
            dict.fromkeys(
                [
                    *(
                        str(w.message)
                        for w in caught
                        if w.category.__module__.startswith("spillover")
                    ),
                    *ensemble.notes,
                ]
            )
        )
        return Run(model, ensemble, notes)

    def compare(
        self,
        *,
        levers: Sequence[str] = (),
        pairs: bool = False,
        combine: Sequence[Sequence[str]] = (),
        strength: Sequence[str] = (),
        within: int | None = None,
        outcome: str = "",
        draws: int = 2000,
        futures: int = 20,
        seed: int = 1,
        threads: int | None = None,
        as_written: bool = False,
        cluster: str | Backend | None = None,
        resume: Path | str | None = None,
        keep_in: Path | str | None = None,
        progress: Progress | None = None,
    ) -> Comparison:
        """Compare levers in one coupled pass; see `api.compare.compare_levers`."""
        from spillover.api.compare import compare_levers

        return compare_levers(
            self if as_written else self._fitted(progress),
            levers=levers,
            pairs=pairs,
            combine=combine,
            strength=strength,
            within=within,
            outcome=outcome,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            cluster=cluster,
            resume=Path(resume) if resume is not None else None,
            keep_in=Path(keep_in) if keep_in is not None else None,
            progress=progress,
        )

    def paths(
        self,
        *,
        outcome: str = "",
        lever: str = "",
        within: int | None = None,
        knock: int = 6,
        draws: int = 2000,
        futures: int = 20,
        seed: int = 1,
        threads: int | None = None,
        as_written: bool = False,
        progress: Progress | None = None,
    ) -> Paths:
        """By which ways an outcome comes about; see `api.paths.paths_of`."""
        from spillover.api.paths import paths_of

        return paths_of(
            self if as_written else self._fitted(progress),
            outcome=outcome,
            lever=lever,
            within=within,
            knock=knock,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            progress=progress,
        )

    def sensitivity(
        self,
        *,
        outcome: str = "",
        levers: Sequence[str] = (),
        within: int | None = None,
        draws: int = 2000,
        futures: int = 20,
        seed: int = 1,
        threads: int | None = None,
        as_written: bool = False,
        progress: Progress | None = None,
    ) -> Sensitivity:
        """What moves an answer; see `api.sensitivity.sensitivity_of`."""
        from spillover.api.sensitivity import sensitivity_of

        return sensitivity_of(
            self if as_written else self._fitted(progress),
            outcome=outcome,
            levers=levers,
            within=within,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            progress=progress,
        )

    def what_if(
        self,
        name: str,
        *,
        draws: int = 400,
        samples: int = 5,
        seed: int = 1,
        threads: int | None = None,
        as_written: bool = False,
        progress: Progress | None = None,
    ) -> WhatIf:
        """Play a decision of the past otherwise; see `api.what_if.what_if`."""
        from spillover.api.what_if import what_if

        return what_if(
            self if as_written else self._fitted(progress),
            name,
            draws=draws,
            samples=samples,
            seed=seed,
            threads=threads,
            progress=progress,
        )

    def _fitted(self, progress: Progress | None) -> CaseModel:
        """Fitted where there is something to fit."""
        from spillover.errors import FitError

        try:
            return self.fit(progress=progress)
        except FitError:
            return self


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
        *(
            n
            for n in (
                history.records,
                history.counts,
                history.events,
                history.codebook,
                history.fit,
            )
            if n
        ),
    ]
    if history.fit and not (folder / history.fit).is_file():
        line, column = document.locate(("history", "fit"))
        raise CaseError(
            [
                Fault(
                    file,
                    line,
                    column,
                    "history.fit",
                    f'there is no file "{history.fit}" beside the case',
                    "the file that `spillover fit` wrote",
                    "Fit the case again, or take the key out",
                )
            ]
        )
    return CaseModel(case, document, {n: (folder / n).read_bytes() for n in names})
