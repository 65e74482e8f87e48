"""A folder that is filled under another name appears whole, or not at all."""

import os

import pytest

from spillover.store.runfolder import appearing


def test_it_is_seen_only_when_it_is_whole(tmp_path):
    folder = tmp_path / "out" / "reading"
    with appearing(folder) as inside:
        (inside / "pages").mkdir()
        (inside / "pages" / "a.html").write_bytes(b"a")
        assert not folder.exists()
        assert inside.parent == folder.parent
    assert (folder / "pages" / "a.html").read_bytes() == b"a"
    assert [p.name for p in folder.parent.iterdir()] == ["reading"]


def test_of_a_block_that_fails_nothing_is_left(tmp_path):
    folder = tmp_path / "out"

    def stopped():
        with appearing(folder) as inside:
            (inside / "a").write_bytes(b"a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine").write_bytes(b"mine")
    with pytest.raises(FileExistsError), appearing(folder):
        pass
    assert (folder / "mine").read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_every_file_is_forced_to_disk_before_the_name(tmp_path, monkeypatch):
    told = []
    forced, named = os.fsync, type(tmp_path).replace
    monkeypatch.setattr(os, "fsync", lambda fd: (told.append("file"), forced(fd)))
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda a, b: (told.append("name"), named(a, b))[1]
    )
    with appearing(tmp_path / "out") as inside:
        for name in "abc":
            (inside / name).write_bytes(b"x")
    assert told.index("name") >= 3
    assert told.count("name") == 1
