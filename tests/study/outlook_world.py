"""A small world of events, as files, for the tests of the outlook."""

from __future__ import annotations

import datetime as dt

import numpy as np

ACTORS = ("Arland", "Eastmark", "Westmark", "Brigades", "Delta Union", "Northport")
FIRST = dt.date(2031, 1, 1)
DAYS = 130
ACTS = ("ASSAULT", "CONSULT", "THREATEN", "ACCUSE")


def rows(seed=3, days=DAYS):
    """(date, source, action, target): a feud with replies, talk, and others."""
    rng = np.random.default_rng(seed)
    found = []
    last = -9
    for d in range(days):
        day = FIRST + dt.timedelta(days=d)
        if rng.random() < 0.25 + 0.3 * (d - last < 4):
            found.append((day, "Brigades", "ASSAULT", "Westmark"))
            last = d
        if d - last in (1, 2) and rng.random() < 0.5:
            found.append((day, "Westmark", "ASSAULT", "Brigades"))
        if rng.random() < 0.3:
            found.append((day, "Arland", "CONSULT", "Westmark"))
        for _ in range(rng.poisson(1.0)):
            s, o = rng.choice(5, 2, replace=False)
            found.append((day, ACTORS[s], ACTS[rng.integers(4)], ACTORS[o]))
    return found


def csv_text(some):
    """As a plain table of events."""
    lines = [f"{d},{s},{a},{t},{d}" for d, s, a, t in some]
    return "date,source,action,target,published\n" + "\n".join(lines) + "\n"


def tkg_files(folder, some):
    """As a folder of a temporal knowledge graph; Northport has a name and no fact."""
    folder.mkdir(exist_ok=True)
    names = "".join(f"{n}\t{k}\n" for k, n in enumerate(ACTORS))
    (folder / "entity2id.txt").write_text(names)
    (folder / "relation2id.txt").write_text(
        "".join(f"{a.title()}\t{k}\n" for k, a in enumerate((*ACTS, "STATE")))
    )
    codes = "relation,id,plover\n" + "".join(
        f"{a.title()},{k},{a}\n" for k, a in enumerate(ACTS)
    )
    (folder / "relation_codes.csv").write_text(codes + "State,4,\n")
    (folder / "train.txt").write_text(
        "".join(
            f"{ACTORS.index(s)}\t{ACTS.index(a)}\t{ACTORS.index(t)}\t{(d - FIRST).days}\n"
            for d, s, a, t in some
        )
    )
    return folder
