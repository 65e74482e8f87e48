"""`Result`: what every answer on levers, ways and history can do: save, frames, tables.

Must never import `cli` or the web.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.store.runfolder import write_new

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "html_table"]


class Result(ABC):
    """An answer as rows, files and a folder."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """Every number, a dict per row."""

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Page and numbers, by name of the file."""

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a frame (needs the extra `pandas`)."""
        try:
            import pandas as pd
        except ImportError:
            msg = "to_pandas needs pandas: pip install 'spillover[pandas]'"
            raise ImportError(msg) from None
        return pd.DataFrame(self.rows())

    def save(self, folder: Path | str) -> Path:
        """Write the files to a new folder, whole or not at all.

        Raises
        ------
        InputError
            When the folder is there already.
        """
        return write_new(folder, self.files())


def html_table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]
) -> str:
    """A table for a notebook."""
    head = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(x)}</td>" for x in row) + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
