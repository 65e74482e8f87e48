"""The JSON API: everything that changes something, and following long work.

Pages and programs use the same calls. A refusal is `{"message": ..., "faults": [...]}`
with the place of each fault. This file must never import the simulator or a case.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, UploadFile
from fastapi import File as FileField
from fastapi.responses import StreamingResponse

from spillover.errors import InputError
from spillover.web.call_bodies import (
    MOST_FILES,
    MOST_REPORT,
    QUIET_SECONDS,
    REFUSED,
    CaseId,
    CaseText,
    Decisions,
    DraftAsked,
    JobId,
    MixAsked,
    NewId,
    OutlookAsked,
    OutlookDraft,
    PastedReport,
    RecordAsked,
    ReplayAsked,
    Resolution,
    RunAsked,
    RunId,
    SetNumber,
    StudyAsked,
    Text,
    real_day,
)
from spillover.web.desk import Desk
from spillover.web.jobs import Job
from spillover.web.pool import Pool
from spillover.web.security import MOST_UPLOAD

__all__ = ["calls"]


def calls(desk: Desk, pool: Pool) -> APIRouter:
    """The calls of one desk."""
    api = APIRouter(prefix="/api", responses=REFUSED)
    jobs = pool.jobs

    def begin(
        task: str, title: str, params: dict[str, Any], *, case: str = "", run: str = "",
        stream: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        job = jobs.new(task, title, params, case=case, run=run)
        return pool.hand_over(job, stream=stream).plain()

    async def kept(file: UploadFile, name: str, most: int) -> str:
        path = await asyncio.to_thread(
            desk.receive, file.filename or name, file.file, most
        )
        return str(path)

    def job_of(job: str) -> Job:
        if job not in jobs.known:
            raise HTTPException(404, f'there is no work "{job}" on this desk')
        return jobs.known[job]

    # ---- cases --------------------------------------------------------------------

    @api.post(
        "/cases",
        tags=["cases"],
        summary="A commented case to start from",
        status_code=201,
    )
    async def new_case(body: NewId) -> dict[str, Any]:
        found: dict[str, Any] = await pool.ask("new_case", {"case": body.id})
        return found

    @api.post(
        "/cases/{case}/copy", tags=["cases"], summary="Copy a case", status_code=201
    )
    def copy_case(case: CaseId, body: NewId) -> dict[str, Any]:
        desk.copy_case(case, body.id)
        return {"case": body.id, "link": f"/cases/{body.id}/edit"}

    @api.get("/cases/{case}", tags=["cases"], summary="Text of a case")
    def case_text(case: CaseId) -> dict[str, Any]:
        text, found = desk.case_text(case)
        return {"text": text, "digest": found}

    @api.put(
        "/cases/{case}",
        tags=["cases"],
        summary="Save a case; the version before is kept",
    )
    def save_case(case: CaseId, body: CaseText) -> dict[str, Any]:
        return {"digest": desk.save_case(case, body.text, body.base)}

    @api.post(
        "/cases/{case}/undo", tags=["cases"], summary="Back to the version before"
    )
    def undo_case(case: CaseId) -> dict[str, Any]:
        found = desk.undo_case(case)
        return {"digest": found, "text": desk.case_text(case)[0]}

    @api.delete(
        "/cases/{case}",
        tags=["cases"],
        summary="Put a case of one's own into the trash",
    )
    def remove_case(case: CaseId) -> dict[str, Any]:
        desk.remove_case(case)
        return {"link": "/"}

    @api.post(
        "/cases/{case}/check", tags=["cases"], summary="Faults of a text, with places"
    )
    async def check(case: CaseId, body: Text) -> dict[str, Any]:
        desk.case_folder(case)
        found: dict[str, Any] = await pool.ask(
            "check", {"case": case, "text": body.text}
        )
        return found

    @api.post("/cases/{case}/set", tags=["cases"], summary="Change one value in a text")
    async def set_number(case: CaseId, body: SetNumber) -> dict[str, Any]:
        desk.case_folder(case)
        found: dict[str, Any] = await pool.ask("set_number", body.model_dump())
        return found

    @api.get(
        "/cases/{case}/register",
        tags=["cases"],
        summary="Every number and what it rests on",
    )
    async def register(case: CaseId) -> dict[str, Any]:
        desk.case_folder(case)
        found: dict[str, Any] = await pool.ask("register", {"case": case})
        return found

    # ---- reports and events -------------------------------------------------------

    @api.post("/reports", tags=["reports"], summary="Read reports", status_code=202)
    async def read_files(
        request: Request,
        files: Annotated[list[UploadFile], FileField(max_length=MOST_FILES)],
    ) -> dict[str, Any]:
        form = await request.form()
        outlet, day = str(form.get("outlet", ""))[:200], str(form.get("published", ""))
        try:
            real_day(day)
        except ValueError as e:
            msg = f"published: {e}"
            raise InputError(msg) from None
        paths = [await kept(file, "report.txt", MOST_REPORT) for file in files]
        name = (
            (files[0].filename or "a report")[:80]
            if len(files) == 1
            else f"{len(files)} reports"
        )
        params = {"files": paths, "outlet": outlet, "published": day}
        return begin("read", f"Reading {name}", params)

    @api.post(
        "/reports/text",
        tags=["reports"],
        summary="Read a report given as text",
        status_code=202,
    )
    async def read_text(body: PastedReport) -> dict[str, Any]:
        heads = (
            f"Title: {' '.join(body.title.split())}\n\n" if body.title.strip() else ""
        )
        path = desk.receive(
            "pasted.txt",
            io.BytesIO((heads + body.text).encode("utf-8", "replace")),
            MOST_REPORT,
        )
        params = {
            "files": [str(path)],
            "outlet": body.outlet,
            "published": body.published,
        }
        return begin("read", "Reading a report", params)

    @api.post(
        "/reports/decisions", tags=["reports"], summary="Accept, edit or reject claims"
    )
    async def decide(body: Decisions) -> dict[str, Any]:
        rows = [d.model_dump() for d in body.decisions]
        found: dict[str, Any] = await pool.ask("decide", {"decisions": rows})
        return found

    @api.post(
        "/reports/draft",
        tags=["reports"],
        summary="Draft a case from reports",
        status_code=202,
    )
    async def draft(body: DraftAsked) -> dict[str, Any]:
        for report in body.reports:
            desk.report(report)
        desk.free(body.id)
        params = {
            "reports": body.reports,
            "case": body.id,
            "title": body.title,
            "origin": body.origin,
        }
        return begin("draft", f"Drafting {body.id}", params, case=body.id)

    @api.post("/events", tags=["events"], summary="Import event files", status_code=202)
    async def import_events(
        files: Annotated[list[UploadFile], FileField(max_length=MOST_FILES)],
    ) -> dict[str, Any]:
        paths = [await kept(file, "events.csv", MOST_UPLOAD) for file in files]
        return begin(
            "import_events",
            f"Importing {len(paths)} event file{'s' if len(paths) > 1 else ''}",
            {"files": paths},
        )

    @api.post("/outlook", tags=["events"], summary="Who acts next", status_code=202)
    async def look_out(body: OutlookAsked) -> dict[str, Any]:
        return begin("look_out", "Looking out", body.model_dump())

    @api.post(
        "/outlook/draft",
        tags=["events"],
        summary="Draft a case around actors of the outlook",
        status_code=202,
    )
    async def draft_outlook(body: OutlookDraft) -> dict[str, Any]:
        desk.free(body.id)
        params = {"around": body.around, "case": body.id}
        return begin("draft_outlook", f"Drafting {body.id}", params, case=body.id)

    @api.post(
        "/cases/{case}/events",
        tags=["events"],
        summary="Put imported events beside a case",
        status_code=202,
    )
    async def with_events(case: CaseId) -> dict[str, Any]:
        desk.case_folder(case)
        return begin(
            "with_events", f"Putting events beside {case}", {"case": case}, case=case
        )

    @api.post(
        "/cases/{case}/fit",
        tags=["events"],
        summary="Fit a case to its history",
        status_code=202,
    )
    async def fit(case: CaseId) -> dict[str, Any]:
        desk.case_folder(case)
        return begin("fit", f"Fitting {case} to its history", {"case": case}, case=case)

    # ---- runs ---------------------------------------------------------------------

    @api.post(
        "/cases/{case}/runs", tags=["runs"], summary="Run a case", status_code=202
    )
    async def run(case: CaseId, body: RunAsked) -> dict[str, Any]:
        desk.case_folder(case)
        params = {"case": case, **body.model_dump()}
        return begin("run", f"Running {case}", params, case=case)

    @api.post(
        "/cases/{case}/replay",
        tags=["runs"],
        summary="Replay a case on earlier days",
        status_code=202,
    )
    async def replay(case: CaseId, body: ReplayAsked) -> dict[str, Any]:
        desk.case_folder(case)
        params = {"case": case, **body.model_dump()}
        return begin("replay", f"Replaying {case}", params, case=case)

    @api.post(
        "/runs/{run}/studies",
        tags=["runs"],
        summary="Ask more of a run",
        status_code=202,
    )
    async def study(run: RunId, body: StudyAsked) -> dict[str, Any]:
        case = desk.run(run)["case"]
        params: dict[str, Any] = {"run": run}
        title = {
            "levers": "Comparing levers",
            "paths": "Following the ways",
            "sensitivity": "Weighing assumptions",
            "what_if": f"Asking the history: {body.name.replace('-', ' ')}",
        }[body.kind]
        if body.kind == "levers":
            params["pairs"] = body.pairs
        elif body.kind == "paths":
            params["outcome"] = body.outcome
        elif body.kind == "what_if":
            page = desk.page(run, "run") or {"what_ifs": []}
            if body.name not in [w["id"] for w in page["what_ifs"]]:
                raise HTTPException(
                    422, f'the case of this run asks no what-if "{body.name}"'
                )
            params["name"] = body.name
        return begin(body.kind, f"{title}, {case}", params, case=case, run=run)

    @api.post(
        "/runs/{run}/mix",
        tags=["runs"],
        summary="Levers at chosen strengths: numbers at once, then finer",
        status_code=202,
    )
    async def mix(run: RunId, body: MixAsked) -> dict[str, Any]:
        case = desk.run(run)["case"]
        params = {"run": run, "strengths": body.strengths}
        return begin(
            "mix",
            f"A mix of levers, {case}",
            params,
            case=case,
            run=run,
            stream=f"{run}:{body.stream}",
        )

    @api.delete("/runs/{run}", tags=["runs"], summary="Put a run into the trash")
    def remove_run(run: RunId) -> dict[str, Any]:
        case = desk.run(run)["case"]
        desk.remove_run(run)
        return {"link": f"/cases/{case}"}

    # ---- forecasts ----------------------------------------------------------------

    @api.post(
        "/runs/{run}/record",
        tags=["forecasts"],
        summary="Put the forecasts of a run on record",
        status_code=202,
    )
    async def record(run: RunId, body: RecordAsked) -> dict[str, Any]:
        case = desk.run(run)["case"]
        params = {"run": run, "outcomes": body.outcomes}
        return begin("record", f"Putting {case} on record", params, case=case, run=run)

    @api.post(
        "/forecasts/{n}/resolution",
        tags=["forecasts"],
        summary="Resolve a forecast by hand, or void it",
    )
    async def resolve(
        n: Annotated[int, Path(ge=1, le=10**9, description="Line of the forecast.")],
        body: Resolution,
    ) -> dict[str, Any]:
        found: dict[str, Any] = await pool.ask("resolve", {"n": n, **body.model_dump()})
        return found

    @api.post(
        "/cases/{case}/resolutions",
        tags=["forecasts"],
        summary="Resolve what is due of a case from event data",
        status_code=202,
    )
    async def resolve_due(case: CaseId) -> dict[str, Any]:
        desk.case_folder(case)
        return begin(
            "resolve_due", f"Resolving forecasts of {case}", {"case": case}, case=case
        )

    # ---- work ---------------------------------------------------------------------

    @api.get("/jobs", tags=["work"], summary="Long work, the newest first")
    async def listed() -> list[dict[str, Any]]:
        return [j.plain() for j in jobs if j.task != "mix"][:100]

    @api.get("/jobs/{job}", tags=["work"], summary="One piece of work")
    async def one(job: JobId) -> dict[str, Any]:
        return job_of(job).plain()

    @api.delete("/jobs/{job}", tags=["work"], summary="Stop a piece of work")
    async def cancel(job: JobId) -> dict[str, Any]:
        job_of(job)
        return {"stopped": pool.cancel(job)}

    @api.get(
        "/jobs/{job}/events", tags=["work"], summary="Follow it: server-sent events until it is over",
        response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}},
    )  # fmt: skip
    async def follow(job: JobId, request: Request) -> StreamingResponse:
        found = job_of(job)

        async def lines() -> AsyncIterator[str]:
            seen = -1
            while True:
                if found.changes != seen:
                    seen = found.changes
                    yield f"data: {json.dumps(found.plain(), ensure_ascii=False)}\n\n"
                else:
                    yield ": still here\n\n"
                if found.over or pool.ending or await request.is_disconnected():
                    return
                end = asyncio.get_running_loop().time() + QUIET_SECONDS
                while found.changes == seen and not pool.ending:
                    left = end - asyncio.get_running_loop().time()
                    if left <= 0:
                        break
                    await pool.wait(left)

        return StreamingResponse(lines(), media_type="text/event-stream")

    return api
