"""`Facts`: who acted how toward whom on which day, for every pair of a whole world.

A fact is (source, action, target, day); a day's facts are a set. This is the sparse
twin of `History`: no clock finer than a day, no marks, millions of rows.

This file must never import a case, a reader or a model of the world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import InputError

__all__ = ["Facts"]


@dataclass(frozen=True)
class Facts:
    """Facts sorted by day, source, action, target, each once. Make them by `Facts.of`.

    Attributes
    ----------
    source, action, target
        Indices into `entities`, `actions`, `entities`, int32, shape (n,).
    day
        Whole days from an origin of the caller's choice (may be negative), int32,
        shape (n,), never decreasing.
    entities, actions
        Names by index. An entity may be named and never act.
    """

    source: NDArray[np.int32]
    action: NDArray[np.int32]
    target: NDArray[np.int32]
    day: NDArray[np.int32]
    entities: tuple[str, ...]
    actions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.day)

    @classmethod
    def of(
        cls,
        source: ArrayLike,
        action: ArrayLike,
        target: ArrayLike,
        day: ArrayLike,
        *,
        entities: tuple[str, ...],
        actions: tuple[str, ...],
    ) -> Facts:
        """Sort, drop what is said twice of one day, and check the ids.

        Parameters
        ----------
        source, action, target, day
            Whole numbers in any order, all of one length.
        entities, actions
            Names by index; every index must have a name.

        Returns
        -------
        Facts
            At most as many as given; the difference was said twice.

        Raises
        ------
        InputError
            For columns of different lengths, numbers that are not whole, ids
            without a name. All faults at once.

        Examples
        --------
        >>> f = Facts.of(
        ...     [1, 0, 1],
        ...     [0, 0, 0],
        ...     [0, 1, 0],
        ...     [5, 3, 5],
        ...     entities=("Arland", "Eastmark"),
        ...     actions=("Threaten",),
        ... )
        >>> len(f), f.day.tolist(), f.source.tolist()
        (2, [3, 5], [0, 1])
        """
        given = {"source": source, "action": action, "target": target, "day": day}
        columns = {name: np.atleast_1d(np.asarray(x)) for name, x in given.items()}
        lengths = {name: len(x) for name, x in columns.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{name} {n}" for name, n in lengths.items())
            msg = f"facts: columns of different lengths ({said}). Expected one of each for every fact"
            raise InputError(msg)
        faults: list[str] = []
        names = {"source": entities, "action": actions, "target": entities}
        for name, x in columns.items():
            if not len(x):
                continue
            if x.dtype.kind not in "iu" and not np.array_equal(x, np.trunc(x)):
                faults.append(
                    f"facts: {name}: not a whole number. Expected indices and whole days"
                )
                continue
            if name == "day":
                continue
            bad = np.flatnonzero((x < 0) | (x >= len(names[name])))
            if len(bad):
                what = "actions" if name == "action" else "entities"
                faults.append(
                    f"facts: {name}: unknown id {int(x[bad[0]])} in fact {int(bad[0])} "
                    f"({len(bad)} such). Expected 0 to {len(names[name]) - 1}, the {what} named"
                )
        if faults:
            raise InputError("\n".join(faults))
        s, a, o, d = (columns[k].astype(np.int32) for k in given)
        order = np.lexsort((o, a, s, d))
        s, a, o, d = s[order], a[order], o[order], d[order]
        new = np.ones(len(d), bool)
        new[1:] = (
            (np.diff(s) != 0)
            | (np.diff(a) != 0)
            | (np.diff(o) != 0)
            | (np.diff(d) != 0)
        )
        return cls(s[new], a[new], o[new], d[new], tuple(entities), tuple(actions))

    def between(self, first: int, end: int) -> Facts:
        """The facts of the days `first` to `end` - 1; an empty day has none."""
        lo, hi = np.searchsorted(self.day, [first, end])
        part = slice(int(lo), int(hi))
        return Facts(
            self.source[part],
            self.action[part],
            self.target[part],
            self.day[part],
            self.entities,
            self.actions,
        )
