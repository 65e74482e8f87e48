"""Files are taken when they are whole, and under no name of a file still written."""

import os

import pytest

from spillover.errors import InputError
from spillover.readers.new_files import TEMPORARY, look


def put(folder, name, text="x", age=100.0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1e9 - age, 1e9 - age))
    return path


def test_old_files_are_settled_at_first_sight_and_young_ones_at_the_second(tmp_path):
    old, young = put(tmp_path, "old.csv"), put(tmp_path, "young.csv", age=1.0)
    first = look(tmp_path, {}, now=1e9)
    assert first.settled == (old,)
    assert first.moving == (young,)
    second = look(tmp_path, first.marks, now=1e9)
    assert second.settled == (old, young)


def test_a_file_that_grows_waits(tmp_path):
    path = put(tmp_path, "a.csv", age=1.0)
    first = look(tmp_path, {}, now=1e9)
    put(tmp_path, "a.csv", "xy", age=1.0)
    second = look(tmp_path, first.marks, now=1e9)
    assert second.moving == (path,)
    put(tmp_path, "a.csv", "yx", age=0.5)  # the same size, another time
    assert look(tmp_path, second.marks, now=1e9).moving == (path,)


def test_a_file_of_the_future_settles_between_two_looks(tmp_path):
    path = put(tmp_path, "a.csv", age=-9999.0)
    first = look(tmp_path, {}, now=1e9)
    assert first.moving == (path,)
    assert look(tmp_path, first.marks, now=1e9).settled == (path,)


def test_names_of_files_still_written_are_passed_over(tmp_path):
    for n, pattern in enumerate(TEMPORARY):
        put(tmp_path, pattern.replace("*", f"a{n}.csv"))
    put(tmp_path, ".hidden/inside.csv")
    put(tmp_path, "notes.md")
    kept = put(tmp_path, "below/b.csv.gz")
    found = look(tmp_path, {}, now=1e9)
    assert found.settled == (kept,)
    assert found.passed == len(TEMPORARY)
    assert [p.name for p in found.others] == ["notes.md"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        look(tmp_path / "no", {})
