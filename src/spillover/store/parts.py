"""Finished pieces of a long run: kept one file each, so that nothing is done twice.

    <folder>/about.json     what the pieces belong to: a digest, and how it was cut up
    <folder>/<name>.part    arrays of a piece, behind a digest of run, name and content

A file appears whole, is forced to disk, and is read only when its digest is right; any
other is thrown away and its piece done again. The same piece made twice is the same
bytes, so two processes may work in one folder.

This file imports only `errors` and the rest of `store`.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError, RunError
from spillover.store.atomic import write_bytes, write_json

__all__ = ["Arrays", "Parts"]

Arrays = dict[str, NDArray[Any]]
_MAGIC = b"spillover part 1\n"
_SIZE = 32


class Parts:
    """A folder of finished pieces of one run.

    Attributes
    ----------
    folder
        Made when first needed.
    digest
        Of everything the pieces depend on.
    damaged
        Files thrown away because their digest was wrong.
    reused
        Pieces taken from the folder.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder = folder
        self.digest = digest
        self.damaged = 0
        self.reused = 0

    def plan(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """How the run is cut up: as it was begun, else as wanted now.

        Raises
        ------
        InputError
            When the folder holds pieces of another run, or cannot be written.
        """
        file = self.folder / "about.json"
        held = self._about(file)
        if held is not None:
            if held["digest"] == self.digest:
                return dict(held["plan"])
            msg = (
                f"{self.folder}: the pieces kept there belong to another run (another "
                "case, fit, seed, size, lever, version or processor). Name another "
                "folder, or remove this one"
            )
            raise InputError(msg)
        if self.folder.exists() and (
            not self.folder.is_dir()
            or any(not p.name.startswith(".") for p in self.folder.iterdir())
        ):
            msg = (
                f"{self.folder}: this is no folder of pieces of a run. Name one that "
                "is not there yet, or an empty one"
            )
            raise InputError(msg)
        try:
            write_json(file, {"digest": self.digest, "plan": dict(wanted)})
        except OSError as e:
            msg = (
                f"{self.folder}: finished pieces cannot be kept there ({e.strerror}). "
                "Name a folder that can be written with --resume FOLDER"
            )
            raise InputError(msg) from None
        # Another process may have begun at the same time: both take what stands now.
        held = self._about(file)
        return dict(held["plan"] if held else wanted)

    def _about(self, file: Path) -> dict[str, Any] | None:
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            return {"digest": str(held["digest"]), "plan": dict(held["plan"])}
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            msg = (
                f"{file}: it does not say what these pieces belong to. Remove the "
                "folder and run again"
            )
            raise InputError(msg) from None

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.part"

    def get(self, name: str) -> Arrays | None:
        """A finished piece; None when it is not there or not what was written."""
        try:
            data = self._file(name).read_bytes()
        except OSError:
            return None
        found = self._unpack(name, data)
        if found is None:
            self.damaged += 1
            self._file(name).unlink(missing_ok=True)
            return None
        self.reused += 1
        return found

    def has(self, name: str) -> bool:
        """Whether there is a file of this piece; `get` says if it is any good."""
        return self._file(name).is_file()

    def put(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep a piece: on disk and whole when this returns.

        Raises
        ------
        RunError
            When the disk is full or cannot be written; what was kept before stays.
        """
        packed = io.BytesIO()
        named: dict[str, Any] = dict(arrays)
        np.savez(packed, **named)
        body = zlib.compress(packed.getvalue(), 1)
        try:
            write_bytes(self._file(name), _MAGIC + self._digest(name, body) + body)
        except OSError as e:
            msg = (
                f"{self.folder}: a finished piece could not be kept ({e.strerror}). "
                "The pieces before it are safe: make room, or free the folder, and run "
                "the same command again"
            )
            raise RunError(msg) from None

    def _digest(self, name: str, body: bytes) -> bytes:
        held = hashlib.sha256(f"{self.digest} {name} ".encode())
        held.update(body)
        return held.digest()

    def _unpack(self, name: str, data: bytes) -> Arrays | None:
        head = len(_MAGIC) + _SIZE
        body = data[head:]
        if data[:head] != _MAGIC + self._digest(name, body):
            return None
        try:
            with np.load(io.BytesIO(zlib.decompress(body)), allow_pickle=False) as file:
                return {k: file[k] for k in file.files}
        except (ValueError, OSError, zlib.error):
            return None

    def clear(self) -> None:
        """Remove the folder: its run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)
