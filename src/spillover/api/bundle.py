"""A run as one file to hand on: case, tables, numbers, brief, claims with citations.

Must never import `cli` or the web.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["bundle_of"]

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Time of every entry: the same run gives the same bytes."""


def bundle_of(run: Path, claims: Sequence[dict[str, Any]] = ()) -> bytes:
    """A run folder as a zip, with the accepted claims of the store beside it.

    Parameters
    ----------
    run
        A run folder: manifest with digests, seed and versions, case, answers, brief.
    claims
        Accepted claims, each with its report, offsets and status.
    """
    files = {
        p.relative_to(run).as_posix(): p.read_bytes()
        for p in sorted(run.rglob("*"))
        if p.is_file() and p.relative_to(run).parts[0] != "desk"
    }
    files["claims.json"] = json.dumps(
        {"schema_version": 1, "claims": list(claims)}, indent=1, ensure_ascii=False
    ).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{run.name}/{name}", FIRST_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return packed.getvalue()
