"""The desk as one ASGI app: pages and calls behind the guard.

This file must never import the simulator or a case.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from spillover import __version__
from spillover.errors import InputError
from spillover.web.calls import calls, refusal
from spillover.web.desk import ChangedElsewhere, Desk, NotThere
from spillover.web.jobs import Jobs
from spillover.web.pages import pages, renderer
from spillover.web.pool import Pool, TaskFailed, WorkerGone
from spillover.web.security import Guard, Session
from spillover.web.views import Views

__all__ = ["desk_app"]

HERE = Path(__file__).parent


def style_sheet() -> str:
    """The style sheet of all pages: the brief's, the desk's, dark pictures."""
    from importlib.resources import files

    from spillover.brief.theme import dark_css

    brief = (files("spillover.brief") / "templates" / "brief.css").read_text("utf-8")
    own = (HERE / "static" / "desk.css").read_text("utf-8")
    dark = "@media screen and (prefers-color-scheme:dark){" + dark_css("svg") + "}"
    return brief + own + dark


def desk_app(desk: Desk, session: Session, *, warm: bool = True) -> ASGIApp:
    """The app of a desk.

    Parameters
    ----------
    desk
        Its folder, made.
    session
        Its secrets.
    warm
        Whether workers read the case of the last run ahead, while nobody waits.
    """
    jobs = Jobs(desk.jobs)
    pool = Pool(desk, jobs)
    views = Views(desk, jobs, pool)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        await pool.start(_likely(desk) if warm else "")
        yield
        await pool.stop()

    app = FastAPI(
        title="Spillover desk", version=__version__, lifespan=living,
        docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        summary="Pages of the desk, each with a .json twin, and calls that change something.",
    )  # fmt: skip
    css = style_sheet()

    @app.get("/static/desk.css", include_in_schema=False)
    def sheet() -> Response:
        return Response(
            css, media_type="text/css", headers={"cache-control": "max-age=60"}
        )

    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.include_router(calls(desk, jobs, pool))
    app.include_router(pages(desk, views, pool))
    _refusals(app)
    app.state.pool = pool
    return Guard(app, session)


def _likely(desk: Desk) -> str:
    """The case a person will probably open: that of the last run, else the first."""
    runs, cases = desk.runs(), [c.id for c in desk.cases()]
    last = runs[0]["case"] if runs else ""
    return last if last in cases else next(iter(cases), "")


def _refusals(app: FastAPI) -> None:
    """Every refusal: one clear message, as a page or as JSON."""
    render = renderer()

    def answer(request: Request, status: int, body: dict[str, Any]) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if wants_page and not request.url.path.startswith("/api/"):
            return HTMLResponse(
                render("refused.html.j2", title="Not here", **body), status
            )
        return JSONResponse(body, status)

    @app.exception_handler(InputError)
    async def bad_input(request: Request, e: InputError) -> Response:
        status = (
            404
            if isinstance(e, NotThere)
            else 409
            if isinstance(e, ChangedElsewhere)
            else 400
        )
        return answer(request, status, refusal(e).model_dump())

    @app.exception_handler(TaskFailed)
    async def failed(request: Request, e: TaskFailed) -> Response:
        status = {"input": 400, "failed": 422, "cancelled": 409}.get(
            e.error.get("kind", ""), 500
        )
        body = {k: e.error[k] for k in ("message", "faults")}
        return answer(request, status, body)

    @app.exception_handler(WorkerGone)
    async def gone(request: Request, _: WorkerGone) -> Response:
        message = "The work stopped before its end: the process was ended from outside, or memory ran out. Try again."
        return answer(request, 503, {"message": message, "faults": []})

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, e: RequestValidationError) -> Response:
        parts = [
            f"{'.'.join(str(x) for x in f['loc'] if x not in ('body', 'path', 'query'))}: {f['msg']}".removeprefix(
                ": "
            )
            for f in e.errors()[:20]
        ]
        body = {
            "message": "This request does not fit: " + "; ".join(parts),
            "faults": [],
        }
        return answer(request, 422, jsonable_encoder(body))

    @app.exception_handler(HTTPException)
    async def http(request: Request, e: HTTPException) -> Response:
        message = str(e.detail)
        if e.status_code == 404 and message == "Not Found":
            message = "There is no such page on this desk."
        return answer(request, e.status_code, {"message": message, "faults": []})
