"""The pages: each a view filled into a template, and the same view as JSON.

This file must never import the simulator or a case.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path as File
from typing import Annotated, Any, Literal

import jinja2
from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from markupsafe import Markup, escape

from spillover.store.plain import plain
from spillover.web.call_bodies import PAGE_REFUSED, CaseId, ReportId, RunId
from spillover.web.desk import Desk
from spillover.web.desk_files import NotThere
from spillover.web.pool import Pool
from spillover.web.views import TERMS, View, Views

__all__ = ["pages", "renderer"]

HERE = File(__file__).parent
WhatIfId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
ReplayFile = Literal["replay.html", "replay.json", "replay.csv"]
RunQuery = Annotated[
    str, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="Id of a run.")
]
BRIEF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
"""A brief has its own style sheet inside and no script; it may stand in the desk's frame."""
FILES = {
    "brief.html": "text/html; charset=utf-8",
    "brief.md": "text/markdown; charset=utf-8",
    "comparison.csv": "text/csv; charset=utf-8",
    "paths.csv": "text/csv; charset=utf-8",
    "outcomes.csv": "text/csv; charset=utf-8",
}


def _terms() -> Callable[[str], Markup]:
    """A filter that links the first place of each term to its meaning."""
    means = {t.lower(): m for t, m in TERMS}
    pattern = re.compile(
        r"\b("
        + "|".join(re.escape(t) for t in sorted(means, key=len, reverse=True))
        + r")(?:s)?\b",
        re.IGNORECASE,
    )

    def linked(text: str) -> Markup:
        seen: set[str] = set()

        def put(m: re.Match[str]) -> str:
            term = m[1].lower()
            if term in seen or term not in means:
                return m[0]
            seen.add(term)
            return term_link(m[0], term, means[term])

        return Markup(pattern.sub(put, str(escape(text))))

    return linked


def term_link(text: str, term: str, means: str) -> str:
    """A term as a link to the glossary, its meaning shown on hover and focus."""
    anchor = term.replace(" ", "-").replace("%", "pc")
    return f'<a class="g" href="/glossary#{anchor}" data-means="{escape(means)}">{text}</a>'


def renderer() -> Callable[..., str]:
    """A function (template, values) that gives HTML."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    means = dict(TERMS)
    env.filters["terms"] = _terms()
    env.filters["nb"] = lambda text: str(text).replace(" %", "\u00a0%")
    env.globals["term"] = lambda text, term="": Markup(
        term_link(str(escape(text)), term or text, means[term or text])
    )
    return lambda template, **values: env.get_template(template).render(**values)


def without_art(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A view without its drawings: their numbers stand in the tables."""
    if isinstance(value, dict):
        return {k: without_art(v) for k, v in value.items() if k != "art"}
    return [without_art(v) for v in value] if isinstance(value, list) else value


def pages(desk: Desk, views: Views, pool: Pool) -> APIRouter:
    """The pages of one desk."""
    router = APIRouter(responses=PAGE_REFUSED)
    render = renderer()

    def page(path: str, template: str, view: Callable[..., Awaitable[View]]) -> None:
        @functools.wraps(view)
        async def twin(**asked: str) -> JSONResponse:
            return JSONResponse(plain(without_art(await view(**asked))))

        @functools.wraps(view)
        async def html(**asked: str) -> HTMLResponse:
            return HTMLResponse(render(template, **await view(**asked)))

        name = (view.__doc__ or path).split("\n")[0].rstrip(".")
        for endpoint, suffix, kind in (
            (twin, ".json", JSONResponse),
            (html, "", HTMLResponse),
        ):
            endpoint.__annotations__ = {**view.__annotations__, "return": kind}
            router.add_api_route(
                "/desk.json" if path == "/" and suffix else path + suffix, endpoint,
                response_class=kind, summary=name, tags=["pages" if not suffix else "twins"],
                response_model=None,
            )  # fmt: skip

    async def home() -> View:
        """The desk: cases, what waits, what is under way."""
        return await views.home()

    async def case(case: CaseId) -> View:
        """A case and its runs."""
        return await views.case(case)

    async def replay(case: CaseId) -> View:
        """A case on earlier days, against what happened."""
        return await views.replay(case)

    async def edit(case: CaseId) -> View:
        """Editor of a case, with the register of its numbers."""
        return await views.edit(case)

    async def case_events(case: CaseId) -> View:
        """Events of a case and what a fit learned from them."""
        return await views.events(case)

    async def events() -> View:
        """Events in the store."""
        return await views.all_events()

    async def outlook() -> View:
        """Who acts next toward whom, and what rose."""
        return await views.outlook()

    async def reports() -> View:
        """Reports that were read."""
        return await views.reports()

    async def report(report: ReportId) -> View:
        """Claims of a report, to review."""
        return await views.report(report)

    async def run(run: RunId) -> View:
        """A run: chances, map, courses over time, timeline."""
        return await views.run(run)

    async def levers(run: RunId) -> View:
        """Levers: switches and sliders, and all compared."""
        return await views.study(run, "levers")

    async def paths(run: RunId) -> View:
        """Ways to an outcome, down to single simulated courses."""
        return await views.study(run, "paths")

    async def sensitivity(run: RunId) -> View:
        """Which assumptions move the answer."""
        return await views.study(run, "sensitivity")

    async def what_ifs(run: RunId) -> View:
        """Decisions of the past that can be played otherwise."""
        return await views.study(run, "what-if")

    async def what_if(run: RunId, name: WhatIfId) -> View:
        """A decision of the past played otherwise."""
        return await views.study(run, f"what-if-{name}")

    async def brief(run: RunId) -> View:
        """The brief, to look at and to take along."""
        return await views.brief(run)

    async def compare(a: RunQuery, b: RunQuery) -> View:
        """Two runs side by side."""
        return await views.compare(a, b)

    async def forecasts() -> View:
        """Forecasts on record: open, due, resolved; how good they were."""
        return await views.forecasts()

    async def work() -> View:
        """Long work, the newest first."""
        return await views.work()

    async def glossary() -> View:
        """Words and what they mean here."""
        return await views.glossary()

    page("/", "home.html.j2", home)
    page("/reports", "reports.html.j2", reports)
    page("/reports/{report}", "review.html.j2", report)
    page("/events", "all_events.html.j2", events)
    page("/outlook", "outlook.html.j2", outlook)
    page("/forecasts", "forecasts.html.j2", forecasts)
    page("/work", "work.html.j2", work)
    page("/glossary", "glossary.html.j2", glossary)
    page("/compare", "two_runs.html.j2", compare)
    page("/cases/{case}/replay", "replay.html.j2", replay)
    page("/cases/{case}/edit", "edit.html.j2", edit)
    page("/cases/{case}/events", "events.html.j2", case_events)
    page("/cases/{case}", "case.html.j2", case)
    page("/runs/{run}/levers", "levers.html.j2", levers)
    page("/runs/{run}/paths", "paths.html.j2", paths)
    page("/runs/{run}/sensitivity", "study.html.j2", sensitivity)
    page("/runs/{run}/what-if", "what_ifs.html.j2", what_ifs)
    page("/runs/{run}/what-if-{name}", "study.html.j2", what_if)
    page("/runs/{run}/brief", "brief.html.j2", brief)
    page("/runs/{run}", "run.html.j2", run)

    @router.get(
        "/cases/{case}/replay/{name}",
        tags=["files"],
        summary="A file of the last replay",
        response_class=FileResponse,
    )
    def replay_file(case: CaseId, name: ReplayFile) -> FileResponse:
        path = desk.replay_folder(case) / name
        if not path.is_file():
            msg = f"{case} was not replayed yet"
            raise NotThere(msg)
        return FileResponse(path, filename=f"{case}-{name}")

    @router.get("/runs/{run}/files/{name}", tags=["files"], summary="A file of a run")
    def run_file(
        run: RunId, name: Annotated[str, Path(pattern=r"^[a-z0-9.-]{1,60}$")]
    ) -> FileResponse:
        path = desk.run_folder(run) / name
        if name not in FILES or not path.is_file():
            msg = f'the run has no file "{name}": {", ".join(FILES)}'
            raise NotThere(msg)
        heads = {}
        if name.endswith(".html"):
            heads["content-security-policy"] = BRIEF_POLICY
        kind = FILES[name]
        save = None if name.endswith(".html") else f"{run}-{name}"
        return FileResponse(path, media_type=kind, headers=heads, filename=save)

    @router.get(
        "/runs/{run}/brief.pdf",
        tags=["files"],
        summary="The brief as PDF",
        response_class=FileResponse,
    )
    async def brief_pdf(run: RunId) -> FileResponse:
        folder = desk.run_folder(run)
        await pool.ask("pdf", {"run": run})
        return FileResponse(
            folder / "brief.pdf", media_type="application/pdf", filename=f"{run}.pdf"
        )

    @router.get(
        "/runs/{run}/bundle.zip",
        tags=["files"],
        summary="The run as one file",
        response_class=FileResponse,
    )
    async def bundle(run: RunId) -> FileResponse:
        desk.run_folder(run)
        await pool.ask("bundle", {"run": run})
        path = desk.root / "bundles" / f"{run}.zip"
        return FileResponse(path, media_type="application/zip", filename=f"{run}.zip")

    return router
