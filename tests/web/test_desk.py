"""The folder of a desk: ids are no paths, saving loses nothing, nothing is half-written."""

import io
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import InputError
from spillover.web.desk import Desk
from spillover.web.desk_files import ChangedElsewhere, NotThere, is_id


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "desk").make()


@given(st.text(max_size=100))
def test_an_id_is_one_name_of_a_folder(text):
    if is_id(text):
        assert not set(text) & set("/\\.: \x00\n")
        assert len(text) <= 80


@pytest.mark.parametrize(
    "name",
    [
        "../iraq-2024",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "iraq-2024/",
        "A",
        "-a",
        "a" * 81,
        "a\n",
    ],
)
def test_what_is_no_id_leads_nowhere(desk, name):
    for look in (desk.case_folder, desk.run_folder, desk.report):
        with pytest.raises(NotThere):
            look(name)
    with pytest.raises(InputError):
        desk.free(name)


def test_bundled_cases_are_listed_and_never_written_to(desk):
    heads = {h.id: h for h in desk.cases()}
    assert heads["strait-demo"].bundled
    assert heads["strait-demo"].origin == "2031-03-01"
    before = desk.case_folder("strait-demo")
    text, digest = desk.case_text("strait-demo")
    desk.save_case("strait-demo", text + "# mine\n", digest)
    assert desk.case_folder("strait-demo") != before
    assert (before / "case.yaml").read_text("utf-8") == text
    assert not desk.case("strait-demo").bundled
    assert (desk.case_folder("strait-demo") / "records.csv").is_file()


def test_saving_keeps_what_was_there_and_undo_brings_it_back(desk):
    text, digest = desk.case_text("strait-demo")
    one = desk.save_case("strait-demo", text + "# one\n", digest)
    two = desk.save_case("strait-demo", text + "# two\n", one)
    assert desk.case("strait-demo").versions == 2
    assert desk.save_case("strait-demo", text + "# two\n", two) == two
    assert desk.case("strait-demo").versions == 2
    assert desk.undo_case("strait-demo") == one
    desk.undo_case("strait-demo")
    assert desk.case_text("strait-demo") == (text, digest)
    with pytest.raises(
        InputError, match="strait-demo: there is no earlier version to go back to"
    ):
        desk.undo_case("strait-demo")
    assert len(list((desk.root / "trash").iterdir())) == 2


def test_a_change_made_elsewhere_is_not_overwritten(desk):
    text, digest = desk.case_text("strait-demo")
    desk.save_case("strait-demo", text + "# other tab\n", digest)
    with pytest.raises(ChangedElsewhere, match="nothing was saved"):
        desk.save_case("strait-demo", text + "# this tab\n", digest)
    assert desk.case_text("strait-demo")[0].endswith("# other tab\n")


def test_copy_and_remove(desk):
    desk.copy_case("strait-demo", "strait-b")
    assert "case: strait-b" in desk.case_text("strait-b")[0]
    with pytest.raises(InputError, match='there is a case "strait-b" already'):
        desk.copy_case("strait-demo", "strait-b")
    desk.remove_case("strait-b")
    with pytest.raises(NotThere):
        desk.case("strait-b")
    assert [p.name.endswith("strait-b") for p in (desk.root / "trash").iterdir()] == [
        True
    ]
    with pytest.raises(InputError, match="came with Spillover and stays"):
        desk.remove_case("strait-demo")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("report.txt", "report.txt"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a b<script>.html", "a-b-script-.html"),
        ("\u202etxt.exe", "txt.exe"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_a_file_is_kept_inside_under_a_tame_name(desk, given_name, kept):
    path = desk.receive(given_name, io.BytesIO(b"text"), 100)
    assert path.name == kept
    assert path.resolve().is_relative_to(desk.inbox.resolve())
    assert path.read_bytes() == b"text"
    assert desk.receive(given_name, io.BytesIO(b"text"), 100) == path


def test_a_file_too_long_leaves_nothing(desk):
    with pytest.raises(InputError, match=r"a\.csv: the file has more than 10 bytes"):
        desk.receive("a.csv", io.BytesIO(b"x" * 11), 10)
    assert list(desk.inbox.iterdir()) == []


def test_a_run_damaged_from_outside_is_said_and_left_out(desk):
    folder = desk.root / "runs" / "broken-1"
    folder.mkdir()
    (folder / "manifest.json").write_text("{", "utf-8")
    assert desk.runs() == []
    with pytest.raises(
        InputError, match="broken-1: the manifest of this run is damaged"
    ):
        desk.run("broken-1")
    (folder / "manifest.json").write_text(json.dumps({"case": "x"}), "utf-8")
    with pytest.raises(InputError, match="damaged"):
        desk.run("broken-1")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InputError, match="the folder of the desk cannot be written"):
        Desk(tmp_path / "file" / "desk").make()


@pytest.mark.parametrize("moved", [0, 1, 2, None])
def test_files_saved_together_are_all_there_or_none(desk, monkeypatch, moved):
    """Killed before, between and after the moves; the desk opened anew has all or none."""
    text, digest = desk.case_text("strait-demo")
    desk.save_case("strait-demo", text + "# mine\n", digest)
    folder = desk.case_folder("strait-demo")
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    new = {
        "case.yaml": text.encode() + b"# new\n",
        "records.csv": b"new",
        "extra.csv": b"x",
    }

    class Killed(BaseException):
        pass

    replace, done = pathlib.Path.replace, []

    def dying(self, target):
        into_place = self.parent.name == ".coming"
        if (into_place and len(done) == moved) or (moved is None and not into_place):
            raise Killed
        done.append(into_place) if into_place else None
        return replace(self, target)

    with monkeypatch.context() as m:
        m.setattr(pathlib.Path, "replace", dying)
        with pytest.raises(Killed):
            desk.put_files("strait-demo", new)
    Desk(desk.root).tidy()
    found = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    assert found == (before if moved is None else before | new)
    assert not (folder / ".coming").exists()


def test_pieces_of_a_large_run_are_not_cleared_away(desk):
    """Commands keep them in the same folder; a start of the desk is no reason to lose them."""
    piece = desk.root / "runs" / ".unfinished" / "abc" / "0.npz"
    piece.parent.mkdir(parents=True)
    piece.write_bytes(b"kept")
    half = desk.root / "runs" / ".strait-demo-1.x7"
    half.mkdir()
    Desk(desk.root).tidy()
    assert piece.read_bytes() == b"kept"
    assert not half.exists()
