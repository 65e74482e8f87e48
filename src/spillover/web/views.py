"""What each page shows, as plain values; the HTML page and its `.json` twin are one view.

Most are read from files of the desk. What needs the case read (register, data cards) is
asked of a worker once for each state of the files and remembered. This file must never
import the simulator or a case.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path as File
from typing import Any

from spillover.brief.glossary import GLOSSARY
from spillover.brief.words import interval, likelihood_word, percent
from spillover.web.desk import Desk
from spillover.web.desk_files import CaseHead, NotThere
from spillover.web.jobs import Jobs
from spillover.web.pool import Pool

__all__ = ["TERMS", "Views"]

View = dict[str, Any]
REMEMBERED = 64
TERMS = (
    *GLOSSARY,
    ("arm", "the case as it is, or with one lever or mix of levers"),
    ("fit", "letting the records of the past move the uncertain numbers, as far as they can"),
    ("lever", "something an actor can do that changes what may happen"),
    ("mix", "several levers pulled together, each at a strength of its own"),
    ("origin", "first day that is not known: everything before it is history"),
    ("points", "percentage points: from 23 % to 19 % is 4 points lower"),
    ("prior", "what was believed of a number before the records were looked at"),
    ("posterior", "what is believed of it after"),
    ("seed", "a number that fixes the chances drawn: same case, same seed, same answers"),
    ("strength", "how far a lever is pulled: 100 % as the case has it, 0 % not at all"),
    ("set", "part of what the case asks or counts by, such as a window: nobody believes it"),
    ("claim", "what a report says that someone did; it is a record only once accepted"),
    ("way", "chain of events that ends in the outcome, each brought on by the one before"),
)  # fmt: skip
SKELETONS = (
    ("sources", "a source"), ("places", "a place"), ("actors", "an actor"), ("ties", "a tie"),
    ("streams", "a kind of event"), ("responses", "a response"), ("replies", "a reply"),
    ("restraints", "a restraint"), ("red_lines", "a red line"), ("warnings", "a warning"),
    ("outcomes", "an outcome"), ("levers", "a lever"),
)  # fmt: skip
STEPS = (
    ("Collect", "/reports"), ("Grade", "/cases/{case}/edit#register"), ("Extract", "/reports"),
    ("Check", "/cases/{case}/edit"), ("Calibrate", "/cases/{case}/events"),
    ("Simulate", "/cases/{case}"), ("Explain", "/runs/{run}/paths"),
    ("Levers", "/runs/{run}/levers"), ("Indicators", "/runs/{run}/sensitivity"),
    ("Brief", "/runs/{run}/brief"), ("Score", "/forecasts"),
)  # fmt: skip


class Views:
    """Views of one desk."""

    def __init__(self, desk: Desk, jobs: Jobs, pool: Pool) -> None:
        self.desk, self.jobs, self.pool = desk, jobs, pool
        self._kept: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    async def _ask(self, task: str, stamp: str, **params: str) -> Any:  # noqa: ANN401
        key = (task, stamp, *params.values())
        if key not in self._kept:
            self._kept[key] = await self.pool.ask(task, params)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _stamp(self, case: str) -> str:
        folder = self.desk.case_folder(case)
        return f"{folder}:{max(p.stat().st_mtime_ns for p in folder.iterdir())}"

    def _work(self, *, case: str = "", run: str = "") -> list[dict[str, Any]]:
        """Work under way, and the last failure, of a case or a run."""
        mine = [
            j
            for j in self.jobs
            if j.task != "mix"
            and (not case or j.case == case)
            and (not run or j.run == run)
        ]
        shown = [j for j in mine if not j.over]
        shown += [j for j in mine[:1] if j.status == "failed"]
        return [j.plain() for j in shown]

    # ---- desk ---------------------------------------------------------------------

    async def home(self) -> View:
        """Cases with their last chances; what waits; what is under way."""
        runs = self.desk.runs()
        cards = []
        for head in self.desk.cases():
            mine = [r for r in runs if r["case"] == head.id]
            card: View = {**asdict(head), "runs": len(mine), "last": None, "steps": []}
            if mine:
                card["last"] = self._last(mine[0], head)
                card["steps"] = self._steps(head, mine[0])
            cards.append(card)
        cards.sort(key=lambda c: (c["last"] or {}).get("generated", ""), reverse=True)
        reports, verdicts = self.desk.reports(), self.desk.verdicts()
        open_ = sum(verdicts.get(c, "") == "" for r in reports for c in r["claims"])
        with_open = [
            r for r in reports if any(verdicts.get(c, "") == "" for c in r["claims"])
        ]
        waiting = []
        if open_:
            waiting.append({"text": _many(open_, "claim", "claims") + " to review", "note": f"from {_many(len(with_open), 'report', 'reports')}", "link": f"/reports/{with_open[0]['report']}"})  # fmt: skip
        for card in cards:
            if card["last"] and card["last"]["stale"]:
                waiting.append({"text": f"{card['title']}: edited since its last run", "note": "its chances are those of the case before", "link": f"/cases/{card['id']}"})  # fmt: skip
        day = dt.date.today()
        return {
            "title": "Desk", "today": f"{day:%A} {day.day} {day:%B %Y}", "cases": cards,
            "waiting": waiting, "work": self._work(),
        }  # fmt: skip

    def _last(self, manifest: View, head: CaseHead) -> View:
        page = self.desk.page(manifest["id"], "run") or {"art": {}}
        chances = [
            _chance(a)
            for a in self.desk.answers(manifest["id"])
            if a["kind"] == "chance"
        ]
        return {
            **_size(manifest), "bottom": page.get("bottom", ""), "chances": chances,
            "stale": manifest["case_digest"] != _case_digest(self.desk, head),
            "table": page.get("tables", {}).get("outcomes"),
            "art": {k: v for k, v in page["art"].items() if k.startswith("card-")},
        }  # fmt: skip

    def _steps(self, head: CaseHead, manifest: View) -> list[View]:
        text, _ = self.desk.case_text(head.id)
        pages = self.desk.pages(manifest["id"])
        same = manifest["case_digest"] == _case_digest(self.desk, head)
        done = {
            "Collect": "sources:" in text, "Grade": "grade:" in text,
            "Extract": "streams:" in text, "Check": same, "Calibrate": bool(manifest["fitted_numbers"]),
            "Simulate": same, "Explain": "paths" in pages, "Levers": "levers" in pages,
            "Indicators": "sensitivity" in pages, "Brief": same, "Score": head.id in self.desk.scored_cases(),
        }  # fmt: skip
        now = next((s for s, link in STEPS if link and not done[s]), "")
        return [
            {
                "name": s, "state": "now" if s == now else "done" if done[s] else "",
                "link": link.format(case=head.id, run=manifest["id"]),
            }
            for s, link in STEPS
        ]  # fmt: skip

    # ---- a case -------------------------------------------------------------------

    async def case(self, case: str) -> View:
        """A case: its runs, what can be done with it."""
        head = self.desk.case(case)
        runs = [_size(r) for r in self.desk.runs(case)]
        last = self.desk.runs(case)[:1]
        return {
            "title": head.title, "case": asdict(head), "runs": runs,
            "last": self._last(last[0], head) if last else None,
            "steps": self._steps(head, last[0]) if last else [],
            "work": self._work(case=case),
        }  # fmt: skip

    async def replay(self, case: str) -> View:
        """The last replay of a case; empty until asked for."""
        head = self.desk.case(case)
        page = self.desk.replay(case)
        return {
            "title": f"Replay: {head.title}", "case": asdict(head), "page": page,
            "stale": page is not None and page["digest"] != _case_digest(self.desk, head),
            "work": self._work(case=case),
        }  # fmt: skip

    async def edit(self, case: str) -> View:
        """The editor: the text, the register of its numbers, or why there is none."""
        from spillover.web.pool import TaskFailed

        head = self.desk.case(case)
        text, digest = self.desk.case_text(case)
        found: View = {
            "title": f"Edit: {head.title}", "case": asdict(head), "text": text, "digest": digest,
            "rows": [], "counts": {}, "faults": [], "heads": {},
            "skeletons": SKELETONS, "questions": self._questions(case),
        }  # fmt: skip
        try:
            known = await self._ask("register", self._stamp(case), case=case)
            found |= {k: known[k] for k in ("rows", "counts", "heads")}
        except TaskFailed as e:
            found["faults"] = e.error["faults"] or [
                {"line": 0, "text": e.error["message"]}
            ]
        sections: dict[str, list[View]] = {}
        for row in found["rows"]:
            sections.setdefault(row["section"], []).append(row)
        found["sections"] = [
            {
                "name": k.replace("_", " "), "rows": v,
                "note": f"{_many(len(v), 'number', 'numbers')}, {sum(r['basis'] == 'judged' for r in v)} judged",
            }
            for k, v in sections.items()
        ]  # fmt: skip
        return found

    def _questions(self, case: str) -> list[str]:
        """What only the analyst can say of a case that was drafted from reports."""
        drafts = [
            j for j in self.jobs if j.task == "draft" and j.case == case and j.result
        ]
        return (
            list(drafts[0].result["questions"]) if drafts and drafts[0].result else []
        )

    async def events(self, case: str) -> View:
        """What a case knows of its past, and what a fit learned from it."""
        from spillover.web.pool import TaskFailed

        head = self.desk.case(case)
        found: View = {
            "title": f"Events and fit: {head.title}", "case": asdict(head), "cards": [],
            "origin": head.origin, "faults": [], "fit": self.desk.fit(case),
            "work": self._work(case=case), **await self._store(),
        }  # fmt: skip
        try:
            found |= await self._ask("past", self._stamp(case), case=case)
        except TaskFailed as e:
            found["faults"] = e.error["faults"] or [
                {"line": 0, "text": e.error["message"]}
            ]
        fit = found["fit"]
        if fit:
            rows = fit["rows"]
            found |= {
                "stale": fit["digest"] != _case_digest(self.desk, head),
                "learned": [[r["what"], r["written"], r["alone"], r["used"], r["verdict"]] for r in rows if r["learned"]],
                "unmoved": [[r["what"], r["written"], r["alone"], r["verdict"]] for r in rows if not r["learned"]],
                "checks": [[c["what"], c["seen"], c["expected"], c["weekdays"], c["gaps"]] for c in fit["checks"]],
            }  # fmt: skip
        return found

    async def _store(self) -> View:
        store = self.desk.store
        stamp = str(store.stat().st_mtime_ns) if store.exists() else ""
        known = await self._ask("in_store", stamp)
        return {"datasets": known["datasets"], "imports": known["imports"]}

    async def all_events(self) -> View:
        """Events that were imported, whatever the case."""
        known = await self._store()
        files = [
            [File(i["file"]).name, i["format"], i["on"][:16], *(f"{i[k]:,}" for k in ("read", "kept", "revised")),
             f"{i['known'] + i['repeated']:,}", f"{i['dropped']:,}"]
            for i in reversed(known["imports"])
        ]  # fmt: skip
        return {"title": "Events", **known, "files": files, "work": self._work()}

    async def outlook(self) -> View:
        """Who acts next, from the events of the store."""
        from spillover.model.actions import ACTIONS

        store, page = self.desk.store, self.desk.outlook()
        there = store.exists()
        return {
            "title": "Outlook", "page": page, "has_events": there, "actions": ACTIONS,
            "stale": bool(page and there and page["store"] != store.stat().st_mtime_ns),
            "work": self._work(),
        }  # fmt: skip

    # ---- reports ------------------------------------------------------------------

    async def reports(self) -> View:
        """Reports that were read."""
        verdicts = self.desk.verdicts()
        rows = [
            {
                "report": r["report"], "title": r["title"], "read_at": r["read_at"],
                "about": dict(r["about"]), "counts": r["counts"],
                "open": sum(verdicts.get(c, "") == "" for c in r["claims"]),
            }
            for r in self.desk.reports()
        ]  # fmt: skip
        return {"title": "Reports", "reports": rows, "work": self._work(), "cases": [asdict(c) for c in self.desk.cases()]}  # fmt: skip

    async def report(self, report: str) -> View:
        """A report with what was read from it, to accept, edit or reject."""
        from spillover.brief.review import Item, segments

        found = self.desk.report(report)
        verdicts = self.desk.verdicts()
        items = tuple(
            Item(
                i["id"], i["kind"], i["words"], tuple(tuple(f) for f in i["fields"]),
                tuple(tuple(s) for s in i["spans"]), i["reason"], i["chain"], i["decidable"],
            )
            for i in found["items"]
        )  # fmt: skip
        rows = [{**asdict(i), "verdict": verdicts.get(i.id, "")} for i in items]
        return {
            "title": found["title"], "report": report, "about": found["about"],
            "notes": found["notes"], "choices": found["choices"], "items": rows,
            "segments": [asdict(s) for s in segments(found["text"], items)],
        }  # fmt: skip

    # ---- runs ---------------------------------------------------------------------

    def _run(self, run: str, name: str) -> View:
        """What every page of a run shows."""
        manifest = self.desk.run(run)
        page = self.desk.page(run, "run") or {}
        try:
            head = self.desk.case(manifest["case"])
            stale = manifest["case_digest"] != _case_digest(self.desk, head)
        except NotThere:  # the case was removed since
            stale = False
        return {
            "title": page.get("title", manifest["case"]), "tab": name,
            "run": _size(manifest), "stale": stale,
            "levers": page.get("levers", []), "what_ifs": page.get("what_ifs", []),
            "outcomes": page.get("outcomes", []), "has": self.desk.pages(run),
            "known_to": page.get("known_to", manifest["origin"]), "work": self._work(run=run),
        }  # fmt: skip

    async def run(self, run: str) -> View:
        """Outcomes, map, courses over time, timeline."""
        found = self._run(run, "run")
        answers = self.desk.answers(run)
        return {
            **found, "page": self.desk.page(run, "run"),
            "chances": [_chance(a) for a in answers if a["kind"] == "chance"],
            "rows": [
                [c["question"], c["window"], c["percent"], c["interval"]]
                for c in map(_chance, (a for a in answers if a["kind"] == "chance"))
            ],
            "others": [
                _size(r) for r in self.desk.runs(found["run"]["case"]) if r["id"] != run
            ][:20],
        }  # fmt: skip

    async def study(self, run: str, name: str) -> View:
        """A report on a run: levers, paths, sensitivity or a what-if; empty until asked for."""
        self.desk.run_folder(run)
        if name == "levers":
            self.pool.expect_sliders(run)
        return {**self._run(run, name), "page": self.desk.page(run, name)}

    async def brief(self, run: str) -> View:
        """The brief, to look at and to take along."""
        import json

        folder = self.desk.run_folder(run)
        return {**self._run(run, "brief"), "brief": json.loads((folder / "brief.json").read_text("utf-8"))}  # fmt: skip

    async def compare(self, a: str, b: str) -> View:
        """Two runs side by side."""
        self.desk.run_folder(a)
        self.desk.run_folder(b)
        found = await self._ask("compare_runs", "", first=a, second=b)
        shown = [
            [
                r["question"], r["window"], percent(r["p0"]), interval(r["low0"], r["high0"]),
                percent(r["p1"]), interval(r["low1"], r["high1"]),
                f"{100 * r['change']:+.1f} points".replace("-", "\u2212"),
                "not known" if r["error"] is None else f"{100 * r['error']:.1f} points", "yes" if r["beyond_chance"] else "no",
            ]
            for r in found["rows"]
        ]  # fmt: skip
        return {"title": "Two runs compared", "a": _size(self.desk.run(a)), "b": _size(self.desk.run(b)), "shown": shown, **found}  # fmt: skip

    async def forecasts(self) -> View:
        """Forecasts on record: open, due, resolved; how good they were."""
        from spillover.web.pool import TaskFailed

        book = self.desk.ledger
        found: View = {
            "title": "Forecasts",
            "rows": [],
            "head": "",
            "line": "No forecast has been put on record yet.",
            "scores": None,
            "faults": [],
            "work": self._work(),
        }
        if book.is_file():
            stamp = f"{book.stat().st_mtime_ns}:{dt.date.today()}"
            try:
                found |= await self._ask("forecasts", stamp)
            except TaskFailed as e:
                found["faults"] = [{"text": e.error["message"]}]
        scores = found["scores"] or {}
        found["sets"] = [
            {"name": name, **scores[key]}
            for key, name in (
                ("chances", "All chances"),
                ("onset", "Onset: nothing in the window before"),
                ("continuation", "Continuation"),
            )
            if scores.get(key)
        ]
        found["cases"] = sorted(
            {r["case"] for r in found["rows"] if r["due"] and r["hard"]}
        )
        return found

    # ---- the rest -----------------------------------------------------------------

    async def work(self) -> View:
        """Long work, the newest first."""
        rows = [j.plain() for j in self.jobs if j.task != "mix"][:100]
        return {"title": "Work", "jobs": rows, "under": self._work()}

    async def glossary(self) -> View:
        """Every term, explained."""
        return {
            "title": "Words",
            "terms": [{"term": t, "means": m} for t, m in sorted(TERMS)],
        }


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _chance(a: View) -> View:
    return {
        "id": a["id"], "question": a["question"], "window": a["window"], "p": a["p"],
        "low": a["p_low"], "high": a["p_high"], "mc_se": a["mc_se"], "base_rate": a["base_rate"],
        "percent": percent(a["p"]), "interval": interval(a["p_low"], a["p_high"]),
        "word": likelihood_word(a["p"]),
        "past": percent(a["base_rate"]) if a["base_rate"] is not None else "",
    }  # fmt: skip


def _size(m: View) -> View:
    return {
        "id": m["id"], "case": m["case"], "origin": m["origin"], "generated": m["generated"],
        "draws": m["draws"], "futures": m["futures_per_draw"], "seed": m["seed"],
        "courses": m["draws"] * m["futures_per_draw"], "case_digest": m["case_digest"],
        "fitted": len(m["fitted_numbers"]),
    }  # fmt: skip


def _case_digest(desk: Desk, head: CaseHead) -> str:
    """Digest of a case file as manifests have it: over its name and content."""
    from spillover.store.runfolder import digest_of

    data = (desk.case_folder(head.id) / "case.yaml").read_bytes()
    return digest_of({"case.yaml": data})
