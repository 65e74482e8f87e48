"""The folder of a desk: cases with their versions, runs, readings, the store of events.

    cases/<id>/            case.yaml and tables;  .versions/  what was there before
    runs/<id>/             run folders as `spillover run` writes them;  desk/  pages
    replays/<case>/        the last replay of a case;  desk/  its page
    reports/<id>.json      readings to review
    inbox/                 files as they were given
    events.duckdb          events and claims
    forecasts.jsonl        forecasts on record
    jobs/                  long work (`jobs`)
    trash/                 what was removed

Names from outside are ids by a pattern, never paths. Everything is written whole or not
at all. This file must never import the simulator, a case or a page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spillover.errors import InputError
from spillover.store.atomic import sync_folder, write_bytes, write_text
from spillover.store.runfolder import UNFINISHED, write_folder
from spillover.web.desk_files import (
    VERSIONS,
    CaseHead,
    ChangedElsewhere,
    NotThere,
    bundled,
    cases_in,
    digest,
    head_of,
    is_id,
    json_of,
    scored_in,
    versions_of,
)

__all__ = ["Desk"]

MOST_VERSIONS = 200
COMING = ".coming"
"""Folder in a case with files that were saved together and are on their way."""


def _move_in(folder: Path) -> None:
    """Move what was saved together to its places; to do it again does no harm."""
    coming = folder / COMING
    if not coming.is_dir():
        return
    for path in sorted(coming.iterdir()):
        path.replace(folder / path.name)
    sync_folder(folder)
    coming.rmdir()


@dataclass(frozen=True)
class Desk:
    """One folder."""

    root: Path

    @property
    def store(self) -> Path:
        """File of events and claims."""
        return self.root / "events.duckdb"

    @property
    def ledger(self) -> Path:
        """File of forecasts on record; the verbs take it with `--ledger`."""
        return self.root / "forecasts.jsonl"

    @property
    def outlook_file(self) -> Path:
        """The outlook made last, as its page shows it."""
        return self.root / "outlook.json"

    @property
    def jobs(self) -> Path:
        """Folder of long work."""
        return self.root / "jobs"

    @property
    def inbox(self) -> Path:
        """Folder of files as they were given."""
        return self.root / "inbox"

    def make(self) -> Desk:
        """Make the folders that are missing.

        Raises
        ------
        InputError
            When the folder cannot be written.
        """
        try:
            for name in ("cases", "runs", "reports", "inbox", "jobs", "trash"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except OSError as e:
            msg = f"{self.root}: the folder of the desk cannot be written ({e.strerror}). Name another with --folder"
            raise InputError(msg) from None
        return self

    def tidy(self) -> None:
        """Clear away what a process that was killed had half written under other names."""
        for folder in ("cases", "runs", "reports", "inbox", "jobs", "fits", "bundles"):
            for path in (self.root / folder).glob(".*"):
                if path.name == UNFINISHED:
                    continue  # finished pieces of a large run, to go on from
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
        for path in self.inbox.glob("tmp*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in (self.root / "cases").glob(f"*/{COMING}"):
            _move_in(path.parent)

    # ---- cases --------------------------------------------------------------------

    def case_folder(self, case: str) -> Path:
        """Folder of a case: one's own, else the bundled one.

        Raises
        ------
        NotThere
            When there is neither.
        """
        if is_id(case):
            for base in (self.root / "cases", bundled()):
                if (base / case / "case.yaml").is_file():
                    return base / case
        msg = f'there is no case "{case[:80]}" on this desk'
        raise NotThere(msg)

    def cases(self) -> list[CaseHead]:
        """All cases, one's own first, each by name."""
        own = cases_in(self.root / "cases")
        return [
            self.case(c)
            for c in (*own, *(b for b in cases_in(bundled()) if b not in own))
        ]

    def case(self, case: str) -> CaseHead:
        """What a list shows of one."""
        folder = self.case_folder(case)
        own = folder.parent != bundled()
        head = head_of(folder / "case.yaml", (folder / "case.yaml").stat().st_mtime_ns)
        versions = len(versions_of(folder)) if own else 0
        return CaseHead(
            case, *head[:3], bundled=not own, digest=head[3], versions=versions
        )

    def case_text(self, case: str) -> tuple[str, str]:
        """Text of a case file and its digest."""
        data = (self.case_folder(case) / "case.yaml").read_bytes()
        return data.decode("utf-8", "replace"), digest(data)

    def save_case(self, case: str, text: str, base: str) -> str:
        """Save a case file; what was there before is kept as a version. Its new digest.

        A bundled case is copied first: the package is never written to.

        Raises
        ------
        ChangedElsewhere
            When the file is no longer what ``base`` is the digest of.
        """
        folder = self.case_folder(case)
        now = (folder / "case.yaml").read_bytes()
        if base != digest(now):
            msg = f"{case}: the case was changed meanwhile, in another tab or by another program. Copy your text, load the page again and put it in; nothing was saved"
            raise ChangedElsewhere(msg)
        if text.encode() == now:
            return base
        folder = self._own(case)
        self._keep(folder, now)
        write_text(folder / "case.yaml", text)
        return digest(text.encode())

    def put_files(self, case: str, contents: dict[str, bytes]) -> None:
        """Save a case with tables beside it, all or none; its past kept.

        All files come into a folder of their own first, which appears at once; who is
        killed while they move to their places finds them moved when the desk opens.
        """
        folder = self._own(case)
        _move_in(folder)
        self._keep(folder, (folder / "case.yaml").read_bytes())
        write_folder(folder / COMING, {Path(n).name: b for n, b in contents.items()})
        _move_in(folder)

    def undo_case(self, case: str) -> str:
        """Go back to the version before; what is there now is kept in the trash.

        Raises
        ------
        InputError
            When there is none.
        """
        folder = self.case_folder(case)
        past = versions_of(folder) if folder.parent != bundled() else []
        if not past:
            msg = f"{case}: there is no earlier version to go back to"
            raise InputError(msg)
        text = past[-1].read_bytes()
        self._to_trash(folder / "case.yaml", f"{case}.yaml", copy=True)
        write_bytes(folder / "case.yaml", text)
        past[-1].unlink()
        return digest(text)

    def new_case(self, case: str, contents: dict[str, bytes]) -> None:
        """Put a new case on the desk, whole or not at all.

        Raises
        ------
        InputError
            When the id cannot be one or is taken.
        """
        self.free(case)
        write_folder(self.root / "cases" / case, contents)

    def free(self, case: str) -> None:
        """Refuse an id that cannot be one or is taken."""
        if not is_id(case):
            msg = f'"{case[:80]}" is not an id: use small letters, digits and dashes, at most 80'
            raise InputError(msg)
        if case in cases_in(self.root / "cases") or case in cases_in(bundled()):
            msg = f'there is a case "{case}" already: choose another id'
            raise InputError(msg)

    def copy_case(self, case: str, to: str) -> None:
        """Copy a case under a new id."""
        folder = self.case_folder(case)
        contents = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
        text = contents["case.yaml"].decode()
        contents["case.yaml"] = re.sub(
            r"^case:.*$", f"case: {to}", text, count=1, flags=re.MULTILINE
        ).encode()
        self.new_case(to, contents)

    def remove_case(self, case: str) -> None:
        """Put a case of one's own into the trash; a bundled one stays."""
        folder = self.case_folder(case)
        if folder.parent == bundled():
            msg = f"{case} came with Spillover and stays"
            raise InputError(msg)
        self._to_trash(folder, case)

    def _own(self, case: str) -> Path:
        folder = self.case_folder(case)
        if folder.parent != bundled():
            return folder
        contents = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
        write_folder(self.root / "cases" / case, contents)
        return self.root / "cases" / case

    def _keep(self, folder: Path, text: bytes) -> None:
        past = versions_of(folder)
        n = int(past[-1].stem) + 1 if past else 1
        write_bytes(folder / VERSIONS / f"{n:06d}.yaml", text)
        for old in past[: max(0, len(past) + 1 - MOST_VERSIONS)]:
            old.unlink()

    def _to_trash(self, path: Path, name: str, *, copy: bool = False) -> None:
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S-%f")
        target = self.root / "trash" / f"{stamp}-{name}"
        if copy:
            shutil.copyfile(path, target)
        else:
            path.replace(target)

    # ---- runs ---------------------------------------------------------------------

    def run_folder(self, run: str) -> Path:
        """Folder of a run.

        Raises
        ------
        NotThere
            When there is none.
        """
        folder = self.root / "runs" / run
        if not is_id(run) or not (folder / "manifest.json").is_file():
            msg = f'there is no run "{run[:80]}" on this desk'
            raise NotThere(msg)
        return folder

    def new_run(self, case: str) -> str:
        """Id for a new run of a case."""
        base = f"{case[:56]}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"
        name, n = base, 2
        while (self.root / "runs" / name).exists():
            name, n = f"{base}-{n}", n + 1
        return name

    def runs(self, case: str = "") -> list[dict[str, Any]]:
        """Manifests of runs with their ids, the newest first."""
        found = []
        for folder in (self.root / "runs").iterdir():
            if is_id(folder.name) and (folder / "manifest.json").is_file():
                try:
                    manifest = self.run(folder.name)
                except InputError:
                    continue  # damaged from outside: it is said when it is opened
                if not case or manifest["case"] == case:
                    found.append(manifest)
        return sorted(found, key=lambda m: (m["generated"], m["id"]), reverse=True)

    def run(self, run: str) -> dict[str, Any]:
        """Manifest of a run, with its id.

        Raises
        ------
        InputError
            When its file was damaged from outside.
        """
        try:
            manifest = {"id": run, **json_of(self.run_folder(run) / "manifest.json")}
            if isinstance(manifest["case"], str) and isinstance(
                manifest["generated"], str
            ):
                return manifest
        except (ValueError, KeyError):
            pass
        msg = f"{run}: the manifest of this run is damaged"
        raise InputError(msg)

    def answers(self, run: str) -> list[dict[str, Any]]:
        """Answers of the case as it is."""
        arms = json_of(self.run_folder(run) / "outcomes.json")["arms"]
        found: list[dict[str, Any]] = arms[0]["outcomes"]
        return found

    def page(self, run: str, name: str) -> dict[str, Any] | None:
        """What a worker wrote for a page of a run, or nothing."""
        path = self.run_folder(run) / "desk" / f"{name}.json"
        return json_of(path) if is_id(name) and path.is_file() else None

    def pages(self, run: str) -> list[str]:
        """Names of the pages that a run has."""
        return sorted(p.stem for p in (self.run_folder(run) / "desk").glob("*.json"))

    def remove_run(self, run: str) -> None:
        """Put a run into the trash."""
        self._to_trash(self.run_folder(run), run)

    # ---- replays ------------------------------------------------------------------

    def replay_folder(self, case: str) -> Path:
        """Where the last replay of a case stands, made or not."""
        self.case_folder(case)
        return self.root / "replays" / case

    def replay(self, case: str) -> dict[str, Any] | None:
        """What a worker wrote for the page of a replay, or nothing."""
        path = self.replay_folder(case) / "desk" / "replay.json"
        return json_of(path) if path.is_file() else None

    # ---- forecasts ----------------------------------------------------------------

    def scored_cases(self) -> frozenset[str]:
        """Cases with a resolved forecast on record; none where the record is broken."""
        path = self.ledger
        return (
            scored_in(path, path.stat().st_mtime_ns) if path.is_file() else frozenset()
        )

    # ---- reports ------------------------------------------------------------------

    def verdicts(self) -> dict[str, str]:
        """Claim to verdict ("accept", "reject" or ""), as last written down."""
        path = self.root / "verdicts.json"
        found: dict[str, str] = json_of(path) if path.is_file() else {}
        return found

    def put_verdicts(self, found: dict[str, str]) -> None:
        """Write down what was decided, for pages to read without the store."""
        write_text(self.root / "verdicts.json", json.dumps(found))

    def fit(self, case: str) -> dict[str, Any] | None:
        """What the last fit of a case learned, or nothing."""
        path = self.root / "fits" / f"{case}.json"
        return json_of(path) if is_id(case) and path.is_file() else None

    def outlook(self) -> dict[str, Any] | None:
        """The outlook made last."""
        path = self.outlook_file
        return json.loads(path.read_text("utf-8")) if path.is_file() else None

    def reports(self) -> list[dict[str, Any]]:
        """Heads of the readings, the newest first."""
        found = [
            {
                **{
                    k: v
                    for k, v in json_of(p).items()
                    if k not in ("text", "items", "choices")
                },
                "claims": [i["id"] for i in json_of(p)["items"] if i["decidable"]],
            }
            for p in (self.root / "reports").glob("*.json")
        ]
        return sorted(found, key=lambda r: (r["read_at"], r["report"]), reverse=True)

    def report(self, report: str) -> dict[str, Any]:
        """A reading.

        Raises
        ------
        NotThere
            When there is none.
        """
        path = self.root / "reports" / f"{report}.json"
        if not is_id(report) or not path.is_file():
            msg = f'there is no report "{report[:80]}" on this desk'
            raise NotThere(msg)
        return json_of(path)

    def put_report(self, reading: dict[str, Any]) -> None:
        """Keep a reading."""
        text = json.dumps(reading, ensure_ascii=False)
        write_text(self.root / "reports" / f"{reading['report']}.json", text)

    def receive(self, name: str, file: IO[bytes], most: int) -> Path:
        """Keep a file as it was given, in pieces; its name only tells the kind.

        Raises
        ------
        InputError
            When it is longer than ``most`` bytes; nothing is kept.
        """
        clean = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name.replace("\\", "/")).name)
        clean = clean.strip(".-")[-80:] or "file"
        folder = Path(tempfile.mkdtemp(dir=self.inbox))
        total, size = hashlib.sha256(), 0
        try:
            with (folder / clean).open("wb") as out:
                while piece := file.read(1 << 20):
                    size += len(piece)
                    if size > most:
                        msg = f"{clean}: the file has more than {most:,} bytes"
                        raise InputError(msg)
                    total.update(piece)
                    out.write(piece)
            target = self.inbox / total.hexdigest()[:16]
            if not (target / clean).is_file():
                target.mkdir(exist_ok=True)
                (folder / clean).replace(target / clean)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return target / clean
