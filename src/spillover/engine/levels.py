"""Levels of drivers, day by day, for one future.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.codes import K_CHANCE, K_TIMES
from spillover.engine.hashing import inverse_normal, mix, sub, unit, varying
from spillover.jit import compiled

__all__ = ["driver_levels"]


@compiled
def driver_levels(p, theta, kf, levels):
    """Log levels of every driver for every day of one future."""
    for d in range(len(p.drivers)):
        kind = p.drivers[d].kind
        floor = (
            math.log(theta[p.drivers[d].floor])
            if p.drivers[d].floor >= 0 and theta[p.drivers[d].floor] > 0
            else -700.0
        )
        ceiling = (
            math.log(theta[p.drivers[d].ceiling])
            if p.drivers[d].ceiling >= 0
            else 700.0
        )
        if kind == 0:
            levels[d, :] = 0.0
        elif kind == 1:
            rate = 0.6931471805599453 / theta[p.drivers[d].half]
            for day in range(p.days):
                levels[d, day] = min(max(-rate * day, floor), ceiling)
        elif kind == 2:
            key = mix(kf + p.drivers[d].key)
            spread = theta[p.drivers[d].spread] if p.drivers[d].spread >= 0 else 0.0
            to = math.log(theta[p.drivers[d].to]) if p.drivers[d].to >= 0 else 0.0
            back = (
                1.0 - 2.0 ** (-1.0 / theta[p.drivers[d].to_half])
                if p.drivers[d].to_half >= 0
                else 0.0
            )
            jump = (
                1.0 - math.exp(-theta[p.drivers[d].jump])
                if p.drivers[d].jump >= 0
                else 0.0
            )
            x = min(max(0.0, floor), ceiling)
            levels[d, 0] = x
            for day in range(1, p.days):
                k = sub(key, day)
                x += back * (to - x)
                if spread > 0.0:
                    x += spread * inverse_normal(unit(k))
                if jump > 0.0 and unit(mix(k + K_CHANCE)) <= jump:
                    fam = p.drivers[d].times
                    b = theta[p.drivers[d].times_b] if fam > 0 else 0.0
                    x += math.log(
                        varying(
                            fam, theta[p.drivers[d].times_a], b, unit(mix(k + K_TIMES))
                        )
                    )
                x = min(max(x, floor), ceiling)
                levels[d, day] = x
        elif kind == 3:
            for day in range(p.days):
                levels[d, day] = min(
                    max(math.log(max(p.driver_path[d, day], 1e-300)), floor), ceiling
                )
        else:
            first = 0.0
            for k in range(p.drivers[d].p0, p.drivers[d].p1):
                first += theta[p.driver_parts[k].slot] * math.exp(
                    levels[p.driver_parts[k].driver, 0]
                )
            for day in range(p.days):
                total = 0.0
                for k in range(p.drivers[d].p0, p.drivers[d].p1):
                    total += theta[p.driver_parts[k].slot] * math.exp(
                        levels[p.driver_parts[k].driver, day]
                    )
                levels[d, day] = min(
                    max(math.log(max(total / first, 1e-300)), floor), ceiling
                )
