"""`Run`: a case simulated; its outcomes, its brief, its folder.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import platform
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spillover.api.model import CaseModel, load
from spillover.api.views import Outcomes, answer_dict
from spillover.errors import InputError
from spillover.store.plain import read_json
from spillover.store.runfolder import csv_bytes, json_bytes, write_new
from spillover.study.forecast import Answer, answers_of

if TYPE_CHECKING:
    from spillover.api.studies import Studies
    from spillover.brief.page import BriefPage
    from spillover.cluster.backend import Backend
    from spillover.ensemble.drawn import Progress
    from spillover.ensemble.run import Ensemble
    from spillover.store.ledger import Ledger

__all__ = ["Brief", "Run", "open_run"]


@dataclass(frozen=True)
class Brief:
    """A brief as its page; drawn when asked for."""

    page: BriefPage

    @cached_property
    def html(self) -> str:
        """Self-contained page."""
        from spillover.brief.render import to_html

        return to_html(self.page)

    @property
    def markdown(self) -> str:
        """The same as Markdown."""
        from spillover.brief.markdown import to_markdown

        return to_markdown(self.page)

    @property
    def json(self) -> str:
        """The same as JSON."""
        from spillover.brief.render import to_json

        return to_json(self.page)

    def pdf(self, path: Path) -> None:
        """Print it to a file; needs a browser or the extra `pdf`."""
        from spillover.brief.pdf import to_pdf

        to_pdf(self.html, path)

    def _repr_html_(self) -> str:
        return self.html


@dataclass(frozen=True)
class Run:
    """A case simulated."""

    model: CaseModel
    ensemble: Ensemble
    notes: tuple[str, ...] = ()
    studies: Studies | None = None

    @cached_property
    def _answers(self) -> dict[str, tuple[Answer, ...]]:
        return {
            arm.id: answers_of(
                self.model.case, self.model.assembled, self.ensemble, arm
            )
            for arm in self.ensemble.arms
        }

    def outcomes(self, lever: str = "") -> Outcomes:
        """Answers, of the case as it is or with a lever that was simulated.

        Raises
        ------
        InputError
            When the lever was not simulated.
        """
        name = lever or self.ensemble.arms[0].id
        if name not in self._answers:
            msg = f'lever "{name}" was not simulated: simulate(levers=["{name}"])'
            raise InputError(msg)
        return Outcomes(self.model.id, name, self._answers[name])

    def full(
        self,
        *,
        threads: int | None = None,
        cluster: str | Backend | None = None,
        keep_in: Path | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Simulate also levers, ways, assumptions and what-ifs; see `api.studies`."""
        from spillover.api.studies import study

        found = study(
            self, threads=threads, cluster=cluster, keep_in=keep_in, progress=progress
        )
        return replace(self, studies=found)

    def brief(self, *, generated: str = "", ledger: Ledger | None = None) -> Brief:
        """The brief of this run; ``ledger`` is a record of forecasts to quote."""
        from spillover.api.brief_page import brief_page

        return Brief(brief_page(self, generated=generated, ledger=ledger))

    def manifest(self) -> dict[str, Any]:
        """What this run was made from and how it went."""
        import numba

        from spillover import __version__
        from spillover.cluster.machine import machine_facts

        e, facts = self.ensemble, machine_facts()
        fit = self.model.fit_table
        capped = {a.id: int(a.sums.capped.sum()) for a in e.arms}
        return {
            "schema_version": 1,
            "case": self.model.id,
            "origin": self.model.case.origin.isoformat(),
            "case_digest": self.model.digest,
            "data_digest": self.model.data_digest,
            "seed": e.seed,
            "draws": e.draws,
            "futures_per_draw": e.futures,
            "levers": [a.id for a in e.arms],
            "effective_draws": e.effective,
            "redrawn_share": e.redrawn,
            "spectral_radius": dict(
                zip(
                    ("q5", "q50", "q95"),
                    map(float, np.quantile(e.radius, [0.05, 0.5, 0.95])),
                    strict=True,
                )
            ),
            "capped_futures": capped,
            "candidates": {a.id: int(a.sums.work[0]) for a in e.arms},
            "events": {a.id: int(a.sums.work[1]) for a in e.arms},
            "versions": {
                "spillover": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
                "numba": numba.__version__,
            },
            "machine": {
                "processor": platform.machine(),
                "system": platform.system(),
                "cpu": facts["cpu"],
                "cpu_features": facts["cpu_features"],
            },
            **({"cluster": e.computed} if e.computed else {}),
            "fitted_numbers": [r.path for r in fit.rows if r.learned] if fit else [],
            "notes": list(self.notes),
        }

    def _tables(self) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        every = [self.outcomes(a.id).to_dict() for a in self.ensemble.arms]
        files["outcomes.json"] = json_bytes({"schema_version": 1, "arms": every})
        files["outcomes.csv"] = csv_bytes(
            [
                {"lever": a.id, **answer_dict(x)}
                for a in self.ensemble.arms
                for x in self._answers[a.id]
            ]
        )
        packed = io.BytesIO()
        arrays: dict[str, Any] = {
            "index": self.ensemble.index,
            "theta": self.ensemble.theta,
        }
        for arm in self.ensemble.arms:
            for name in ("hits", "own", "total", "capped"):
                arrays[f"{arm.id}/{name}"] = getattr(arm.sums, name)
        np.savez_compressed(packed, **arrays)
        files["results.npz"] = packed.getvalue()
        return files

    def save(
        self, folder: Path | str | None = None, *, ledger: Ledger | None = None
    ) -> Path:
        """Write a run folder, whole or not at all; by default ``runs/<case>-<time>``."""
        now = dt.datetime.now(dt.UTC)
        if folder is None:
            base = Path("runs") / f"{self.model.id}-{now:%Y%m%d-%H%M%S}"
            folder, n = base, 2
            while folder.exists():
                folder, n = Path(f"{base}-{n}"), n + 1
        generated = f"{now:%Y-%m-%d %H:%M} UTC"
        brief = self.brief(generated=generated, ledger=ledger)
        files = self._tables()
        files["manifest.json"] = json.dumps(
            self.manifest() | {"generated": generated}, indent=2
        ).encode()
        files["brief.html"] = brief.html.encode()
        files["brief.md"] = brief.markdown.encode()
        files["brief.json"] = brief.json.encode()
        if self.model.learned is not None:
            from spillover.api.fit_file import write_fit

            files["fit.yaml"] = write_fit(self.model.learned, self.model.id)
        files |= {
            f"case/{n if n != self.model.document.file else 'case.yaml'}": b
            for n, b in self.model.files.items()
        }
        if self.studies is not None:
            files |= self.studies.files()
        written = write_new(folder, files)
        if self.ensemble.parts is not None:  # the result is safe: pieces have served
            self.ensemble.parts.clear()
        return written


def open_run(folder: Path | str) -> tuple[CaseModel, dict[str, Any]]:
    """Case and manifest of a run folder.

    Raises
    ------
    InputError
        When it is not one.
    """
    path = Path(folder)
    if not (path / "manifest.json").is_file():
        msg = f"{path} is not a run folder: it has no manifest.json"
        raise InputError(msg)
    try:
        manifest = read_json((path / "manifest.json").read_bytes())
    except ValueError:
        msg = f"{path}: manifest.json is not JSON"
        raise InputError(msg) from None
    return load(path / "case"), manifest
