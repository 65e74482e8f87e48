"""Folders of temporal knowledge graphs: what is read, and what is refused with its place."""

from __future__ import annotations

import gzip

import pytest

from spillover.errors import EventsError
from spillover.readers.tkg import is_tkg_folder, read_tkg

TRAIN = "0\t1\t1\t48\t0\n1\t0\t0\t24\n0\t1\t1\t48\n"


def folder(tmp_path, train=TRAIN, **more):
    files = {
        "entity2id.txt": "Arland\t0\nCitizen (Eastmark)\t1\n",
        "relation2id.txt": "Threaten\t0\nMeet\t1\n",
        "train.txt": train,
        **more,
    }
    for name, text in files.items():
        if text is not None:
            (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_rows_in_any_order_are_sorted_and_said_once(tmp_path):
    found = read_tkg(folder(tmp_path))
    assert is_tkg_folder(tmp_path)
    train = found.parts["train"]
    assert train.day.tolist() == [1, 2]
    assert found.step == 24
    assert found.repeated == {"train": 1}
    assert train.entities == ("Arland", "Citizen (Eastmark)")
    assert found.plover == ("", "")


def test_days_compressed_files_other_parts_and_actions(tmp_path):
    where = folder(
        tmp_path,
        train=None,
        **{
            "valid.txt": "0 0 1 3\n",
            "relation_codes.csv": "relation,id,cameo,goldstein,plover\nThreaten,0,130,-4,THREATEN\n",
        },
    )
    (where / "train.txt.gz").write_bytes(gzip.compress(b"0\t0\t1\t1\n"))
    found = read_tkg(where)
    assert found.step == 1
    assert found.parts["valid"].day.tolist() == [3]
    assert found.plover == ("THREATEN", "")


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("0\t0\t9\t1\n", "{0}/train.txt:1:3: unknown entity 9. Expected 0 to 1, which have names."),
        ("0\t2\t1\t1\n", "{0}/train.txt:1:2: unknown relation 2. Expected 0 to 1, which have names."),
        ("0\t0\t1\t1\n0\tx\t1\t1\n", '{0}/train.txt:2:1: "0\tx\t1\t1" is no fact. Expected source, relation, target and time as whole numbers.'),
        ("", "{0}/train.txt: the file is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path, train, message):
    with pytest.raises(EventsError) as e:
        read_tkg(folder(tmp_path, train=train))
    assert str(e.value) == message.format(tmp_path)


def test_missing_files_and_names_are_refused(tmp_path):
    with pytest.raises(EventsError, match=r"there is no train.txt or train.txt.gz"):
        read_tkg(folder(tmp_path, train=None))
    (tmp_path / "train.txt").write_text(TRAIN)
    (tmp_path / "entity2id.txt").write_text("Arland\t0\nEastmark\t2\n")
    with pytest.raises(EventsError) as e:
        read_tkg(tmp_path)
    assert str(e.value) == (
        f"{tmp_path / 'entity2id.txt'}: number 1 has no name (1 such). Expected every number from 0 on."
    )
