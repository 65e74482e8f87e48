"""Lists that users bring: dictionaries, actors, gold sets, answers, decisions, records."""

from __future__ import annotations

import json
from random import Random

from tests.fuzz.engine import joined
from tests.fuzz.grammar.reports import news

__all__ = ["actors", "answers", "decisions", "dictionaries", "gold"]

_ACTORS = (
    "NORLAND [NRL]   # a state", "+NORLANDER", "OLD_KINGDOM", "\t[OKD <19950101]",
    "\t[NKD >19950102]", "\t[XKD 19910101-19950101]", "TWIN_ISLES [TWA/TWB]", "NOBODY [---]",
    "A_B_C [ABC <950601]", "<!-- remark -->", "SOUTHLAND [STH >20130119]", "# remark",
)  # fmt: skip
_AGENTS = (
    "!PERSON! = MAN, WOMAN, PERSON", "ARMY [~MIL]", "TRADES!PERSON! {} [~BUS]",
    "PIRATE [PIR]", "NGO {NGOS} [NGO~]", "MINISTER {MINISTERS} [~GOV]",
)  # fmt: skip
_VERBS = (
    "--- ATTACK [190] ---", "ATTACK", "RAID {RAIDED RAIDS RAIDING}", "- REFUSED_TO_* [120]",
    "- * VERBALLY [111]", "--- MEET [040:040] ---", "MEET {MET MEETS MEETING}", "&TIE",
    "+DIPLOMATIC TIES", "- * OFF &TIE [161]", "--- BREAK [---] ---", "- $ * + WITH % ^ [050]",
    "- $ ATTACK_ON * [051]  # remark", "BREAK OFF", "",
)  # fmt: skip


def _some(rng: Random, lines: tuple[str, ...], size: int) -> str:
    out: list[str] = []
    while sum(map(len, out)) < size:
        out.append(lines[int(rng.random() * len(lines))])
    return "\n".join(out) + "\n"


def dictionaries(rng: Random) -> bytes:
    """A folder of dictionaries and a sentence to code."""
    return joined(
        [
            ("", f"{_some(rng, _ACTORS, 40)[:90]} attacked Norland and met TWIN ISLES soldiers."),
            ("x.actors.txt", _some(rng, _ACTORS, 350)),
            ("x.agents.txt", _some(rng, _AGENTS, 200)),
            ("x.verbs.txt", _some(rng, _VERBS, 500)),
        ]
    )  # fmt: skip


def actors(rng: Random) -> bytes:
    """A list of actors."""
    lines = ["id,name,aliases,kind,country,sector,part_of,facade"]
    for k in range(16 + int(rng.random() * 12)):
        name = rng.choice(
            ("Delta Front", '"Front, the"', "River Brigade", "حزب", "Port")
        )
        kind = rng.choice(("", "armed group", "place", "state", "party"))
        lines.append(
            f"a-{k},{name},{name[:5].strip(chr(34))}; DF{k},{kind},IRQ,{rng.choice(('REB', 'GOV', ''))},a-{k // 2},{rng.choice(('', 'yes', 'no'))}"
        )
    return ("\n".join(lines) + "\n").encode()


def _gold_row(rng: Random, name: str) -> dict[str, object]:
    text = news(rng).decode()[:160]
    row: dict[str, object] = {"id": "x", "set": name, "text": text}
    if name == "plv":
        half = len(text) // 2
        row |= {
            "marked": f"<s>{text[:half]}</s><t>{text[half:]}</t>",
            "source": "a",
            "target": "b",
            "gold": {"root": "AGREE", "penta": 1},
        }
    elif name == "plover_gsr":
        row["gold"] = {
            "root": "ASSAULT",
            "mode": None,
            "source": [{"actorText": "x", "code": "IRQ", "sector": "GOV"}],
            "target": [],
        }
    elif name == "polnear":
        row["gold"] = {
            "attributions": [
                {"source": [[0, 5]], "cue": [[6, 9]], "content": [[10, 40]]}
            ]
        }
    elif name.endswith("factuality"):
        row |= {
            "tokenised": True,
            "gold": {"predicates": [{"tok": [1, 2], "word": "is", "factuality": 3.0}]},
        }
    elif name == "ngec_actor":
        row |= {
            "mention": "Iraqi army",
            "context": None,
            "date": "2024-01-01",
            "gold": {"code_1": "MIL", "country": "IRQ"},
        }
    elif name == "re3d":
        row["gold"] = {
            "relations": [{"type": "x", "source": [0, 4], "target": [5, 9]}],
            "entities": [{"begin": 0, "end": 4}],
        }
    else:
        row |= {
            "doc_date": "19950101",
            "gold": {
                "events": [{"sourcecode": "A", "targetcode": "B", "eventcode": "040"}],
                "no_events": False,
            },
        }
    return row


SETS = ("plv", "plover_gsr", "polnear", "meantime_factuality", "uds_factuality", "ngec_actor", "re3d", "petrarch_unit", "odd")  # fmt: skip


def gold(rng: Random) -> bytes:
    """A gold set, an object a line."""
    name = SETS[int(rng.random() * len(SETS))]
    rows = [_gold_row(rng, name) for _ in range(4 + int(rng.random() * 3))]
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in rows).encode()


def answers(rng: Random) -> bytes:
    """Questions of a set, filled in."""
    heads = [
        *("id", "series", "cell", "kind", "opens", "closes", "threshold", "text", "p")
    ]
    heads += [f"q{k}" for k in range(5, 100, 5)]
    lines = [",".join(heads)]
    for k in range(14):
        kind = ("any", "more", "count")[k % 3]
        p = f"{rng.random():.3f}" if kind != "count" else ""
        steps = (
            sorted(int(rng.random() * 40) for _ in range(19))
            if kind == "count"
            else [""] * 19
        )
        lines.append(
            ",".join(
                [
                    f"id{k}",
                    "s",
                    "a/b",
                    kind,
                    "2024-01-01",
                    "2024-01-31",
                    "3",
                    '"How, many?"',
                    p,
                    *map(str, steps),
                ]
            )
        )
    return ("\n".join(lines) + "\n").encode()


def decisions(rng: Random) -> bytes:
    """What the review page saves."""
    rows = [
        {"id": f"c{k}", "verdict": rng.choice(("accept", "reject", "")), "edit": {"action": "ASSAULT", "note": "n" * int(rng.random() * 60)}}
        for k in range(14)
    ]  # fmt: skip
    return json.dumps({"decisions": rows}, indent=rng.choice((None, 1))).encode()
