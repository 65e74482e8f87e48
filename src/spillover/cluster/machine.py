"""What a process computes on: type of processor, and versions of what does the numbers.

Results are the same bytes on one type of processor and one set of versions; elsewhere
they are equal in law. This file imports nothing heavy at the top.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["differences", "machine_facts"]


@lru_cache
def machine_facts() -> dict[str, str]:
    """Processor and versions of this process.

    ``cpu`` is the name compiled code is made for and ``cpu_features`` a digest of what
    the processor can do: two names alike may still differ there.
    """
    import llvmlite.binding as llvm
    import numba
    import numpy
    import scipy

    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # this system does not say
        features = ""
    return {
        "cpu": f"{platform.machine()} {llvm.get_host_cpu_name()}",
        "cpu_features": hashlib.sha256(features.encode()).hexdigest()[:12],
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
        "spillover": str(sys.modules["spillover"].__version__),
    }


def differences(mine: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """What differs, as "numba 0.61.0, here 0.62.0"."""
    return tuple(
        f"{key.replace('_', ' ')} {other.get(key, 'unknown')}, here {mine[key]}"
        for key in mine
        if other.get(key) != mine[key]
    )
