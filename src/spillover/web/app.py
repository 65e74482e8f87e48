"""The desk as one ASGI app: pages and calls behind the guard.

This file must never import the simulator or a case.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from spillover import __version__
from spillover.brief.template import script_of
from spillover.errors import InputError
from spillover.web.call_bodies import refusal
from spillover.web.calls import calls
from spillover.web.desk import Desk
from spillover.web.desk_files import ChangedElsewhere, NotThere
from spillover.web.pages import pages, renderer
from spillover.web.pool import Pool, TaskFailed, WorkerGone
from spillover.web.security import Guard, Session
from spillover.web.views import Views

__all__ = ["Server", "desk_app"]

HERE = Path(__file__).parent


def style_sheet() -> str:
    """The style sheet of all pages: the brief's, the desk's, dark pictures."""
    from importlib.resources import files

    from spillover.brief.theme import dark_css

    brief = (files("spillover.brief") / "templates" / "brief.css").read_text("utf-8")
    own = (HERE / "static" / "desk.css").read_text("utf-8")
    dark = "@media screen and (prefers-color-scheme:dark){" + dark_css("svg") + "}"
    return brief + own + dark


def desk_app(desk: Desk, session: Session, pool: Pool) -> ASGIApp:
    """The app of a desk.

    Parameters
    ----------
    desk
        Its folder, made.
    session
        Its secrets.
    pool
        Its workers; started and stopped by whoever serves the app.
    """
    views = Views(desk, pool.jobs, pool)
    app = FastAPI(
        title="Spillover desk", version=__version__,
        docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        summary="Pages of the desk, each with a .json twin, and calls that change something.",
    )  # fmt: skip
    css = style_sheet()

    @app.get("/static/desk.css", include_in_schema=False)
    def sheet() -> Response:
        return Response(
            css, media_type="text/css", headers={"cache-control": "max-age=60"}
        )

    @app.get("/static/replay.js", include_in_schema=False)
    def player() -> Response:
        # The one that stands in a replay's own file.
        return Response(script_of("replay.js")[0], media_type="text/javascript")

    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.include_router(calls(desk, pool))
    app.include_router(pages(desk, views, pool))
    _refusals(app)
    return Guard(app, session)


class Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        quiet = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        super().__init__(quiet)
        # What is wrong with a form is said in the answer, not in the terminal.
        logging.getLogger("python_multipart").setLevel(logging.ERROR)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self.ready()


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
            f"{'.'.join(str(x) for x in f['loc'] if x not in ('body', 'path', 'query'))}: {f['msg'].removeprefix('Value error, ')}".removeprefix(
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
