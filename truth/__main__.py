"""`python -m truth`: run the checks, keep what they say, write the page.

python -m truth                   every check whose code has changed since its entry
python -m truth --only NAME ...   these, whether or not
python -m truth --list            what there is
python -m truth --page            only write docs/validation.md anew
python -m truth --short           the laws alone, with fresh numbers (--seed N)
"""

from __future__ import annotations

import argparse
import sys

from spillover import __version__
from spillover.store.atomic import write_text
from truth.checks import CHECKS, Check, check
from truth.page import PAGE, written
from truth.run import missing, run_check
from truth.short import LAWS, fresh_seed, short
from truth.store import code_digest, load, save


def _wanted(names: list[str]) -> list[Check]:
    if names:
        return [check(name) for name in names]
    entries, code = load(), code_digest()
    return [c for c in CHECKS if entries.get(c.id, {}).get("code") != code]


def _campaign(names: list[str]) -> int:
    failed = []
    for one in _wanted(names):
        lacking = missing(one)
        if lacking:
            print(f"{one.id}: left out, it needs {lacking}", flush=True)
            continue
        print(f"{one.id}: about {one.minutes:g} min ... ", end="", flush=True)
        entry = run_check(one)
        # Read anew: another campaign may have written meanwhile.
        save(load() | {one.id: entry})
        write_text(PAGE, written(load()))
        print(f"{'passed' if entry['passed'] else 'FAILED'}, {entry['seconds']:.0f} s")
        if not entry["passed"]:
            failed.append(one.id)
            print(entry["error"])
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


def main() -> None:
    """Read the options and do it."""
    parser = argparse.ArgumentParser(
        prog="python -m truth", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--carry", nargs=3, metavar=("NAME", "DATE", "PAGE"))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, help="of the short form; absent: the day")
    parser.add_argument("--laws", nargs="+", help="of the short form: other tests")
    asked = parser.parse_args()
    unknown = sorted(set(asked.only) - {c.id for c in CHECKS})
    if unknown:
        parser.error(f"no check {', '.join(unknown)}: see --list")
    if asked.list:
        for c in CHECKS:
            print(f"{c.id:15} {c.minutes:5g} min  {c.what}\n{'':27}{c.command}")
    elif asked.carry:
        name, date, page = asked.carry
        carried = {"state": "carried", "date": date, "page": page}
        carried |= {"command": check(name).command, "version": __version__}
        save(load() | {name: carried})
        write_text(PAGE, written(load()))
    elif asked.page:
        write_text(PAGE, written(load()))
    elif asked.short:
        seed = fresh_seed() if asked.seed is None else asked.seed
        sys.exit(short(asked.laws or LAWS, seed=seed))
    else:
        sys.exit(_campaign(asked.only))


if __name__ == "__main__":
    main()
