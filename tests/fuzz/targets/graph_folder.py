"""Folders of temporal knowledge graphs: names, facts, codes, plain or packed."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

from spillover.readers.tkg import read_tkg
from tests.fuzz.engine import Broken, Target, joined, parts

__all__ = ["GRAPH_FOLDER"]

FILES = (
    "entity2id.txt",
    "relation2id.txt",
    "train.txt",
    "valid.txt",
    "relation_codes.csv",
)


def make(rng: Random) -> bytes:
    """Some twenty names, eighty facts."""
    entities, relations = 8 + int(rng.random() * 12), 3 + int(rng.random() * 4)
    names = "".join(f"Actor {k} (Arland)\t{k}\n" for k in range(entities))
    says = "".join(f"Make a visit, {k}\t{k}\n" for k in range(relations))
    step = 24 if rng.random() < 0.7 else 1
    more = "\t0" if rng.random() < 0.5 else ""
    facts = [
        "".join(
            f"{int(rng.random() * entities)}\t{int(rng.random() * relations)}\t"
            f"{int(rng.random() * entities)}\t{step * int(rng.random() * 40)}{more}\n"
            for _ in range(40)
        )
        for _ in range(2)
    ]
    codes = "relation,id,cameo,goldstein,plover\n" + "".join(
        f'"Make a visit, {k}",{k},042,1.9,CONSULT\n' for k in range(relations)
    )
    head = f"{entities}\n" if rng.random() < 0.2 else ""
    return joined(
        [
            ("", head + names), ("relation2id.txt", says), ("train.txt", facts[0]),
            ("valid.txt", facts[1]), ("relation_codes.csv", codes),
        ]
    )  # fmt: skip


def read(data: bytes, folder: Path) -> None:
    """Read the folder; one file of three inputs is packed."""
    written = []
    try:
        for n, (name, body) in enumerate(parts(data).items()):
            if name and name not in FILES:
                continue
            packed = n == len(data) % 9 and name != "relation_codes.csv"
            path = folder / ((name or FILES[0]) + (".gz" if packed else ""))
            path.write_bytes(gzip.compress(body, 1) if packed else body)
            written.append(path)
        found = read_tkg(folder)
    finally:
        for path in written:
            path.unlink()
    for facts in found.parts.values():
        if len(facts) and (
            facts.day.min() < 0 or facts.source.max() >= len(facts.entities)
        ):
            msg = "a fact without a name"
            raise Broken(msg)


GRAPH_FOLDER = Target("graph-folder", make, read, code=("readers/tkg.py", "readers/unpack.py", "model/facts.py"), weight=1)  # fmt: skip
