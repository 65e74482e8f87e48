"""What a campaign has done so far with one target: counted, kept in a file, merged.

A state belongs to one target, seed, part and version of the code it reads with
(`code_of`), so that inputs run on other code are never counted for this one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import spillover
from spillover.store.atomic import write_json
from tests.fuzz.engine import Target, Verdict

__all__ = ["State", "code_of", "median"]

SOURCE = Path(spillover.__file__).parent


def code_of(target: Target) -> str:
    """Digest of the program's files that a target reads with."""
    total = hashlib.sha256()
    for name in target.code:
        at = SOURCE / name
        for path in sorted(at.rglob("*.py")) if at.is_dir() else [at]:
            total.update(path.relative_to(SOURCE).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def _bin(size: int) -> int:
    """Sizes within 2 % are counted together."""
    return int(math.log(size + 1) * 50)


def median(sizes: Counter[int]) -> int:
    """Lower edge of the bin of the median."""
    half, seen = sum(sizes.values()) / 2, 0
    for k in sorted(sizes):
        seen += sizes[k]
        if seen >= half:
            return math.floor(math.exp(k / 50)) - 1
    return 0


@dataclass
class State:
    """Counts of one target; ``block`` is the next to run."""

    target: str
    seed: int
    part: str
    code: str
    block: int = 0
    inputs: int = 0
    bytes: int = 0
    seconds: float = 0.0
    peak_mb: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    slowest: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, data: bytes, verdict: Verdict, block: int, k: int) -> bool:
        """Count an input; whether its fault is new."""
        self.inputs += 1
        self.bytes += len(data)
        self.kinds[verdict.kind] += 1
        self.sizes[_bin(len(data))] += 1
        self.peak_mb = max(self.peak_mb, verdict.peak_mb)
        if verdict.seconds > self.slowest.get("seconds", 0.0):
            self.slowest = {
                "seconds": round(verdict.seconds, 3),
                "bytes": len(data),
                "input": f"{self.seed}/{block}/{k}",
            }
        if verdict.good:
            return False
        held = self.faults.get(verdict.key)
        if held:
            held["times"] += 1
            return False
        self.faults[verdict.key] = {
            "times": 1,
            "kind": verdict.kind,
            "text": verdict.text,
            "input": f"{self.seed}/{block}/{k}",
            "bytes": len(data),
            "trace": verdict.trace,
        }
        return True

    def file(self, folder: Path) -> Path:
        """Where it is kept."""
        part = self.part.replace("/", "of")
        return folder / f"{self.target}-{self.seed}-{part}-{self.code}.json"

    def save(self, folder: Path) -> None:
        """Write it, whole."""
        held = asdict(self)
        held["kinds"] = dict(self.kinds)
        held["sizes"] = {str(k): n for k, n in self.sizes.items()}
        write_json(self.file(folder), held)

    @classmethod
    def load(cls, path: Path) -> State:
        """Read one back."""
        held = json.loads(path.read_text())
        held["kinds"] = Counter(held["kinds"])
        held["sizes"] = Counter({int(k): n for k, n in held["sizes"].items()})
        return cls(**held)
