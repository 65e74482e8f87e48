"""A page about a country that does not exist; every number is invented."""

import datetime as dt
import functools
import math

from spillover.brief import page as p

ORIGIN = dt.date(2031, 5, 1)


def _curve(end, days=90):
    points = ((d, end * (1 - math.exp(-d / 40))) for d in range(0, days + 1, 10))
    scale = 1 - math.exp(-days / 40)
    return tuple((d, v / scale) for d, v in points)


def _fan(title, level, text):
    history = tuple((d, level + math.sin(d / 5) * level / 3) for d in range(-90, 0))
    bands = []
    for d in range(7, 92):
        middle, s = level * math.exp(-d / 240), 0.1 + 0.6 * (1 - math.exp(-d / 28))
        q = (middle * math.exp(z * s) for z in (-1.6, -0.67, 0, 0.67, 1.6))
        bands.append((d, *q))
    return p.Fan(title, "raids a day", history, tuple(bands), text)


OUTCOMES = (
    p.OutcomeRow(
        "strike", "Does Ostmark strike soil of Valdenia?", "within 90 days", 0.31,
        0.17, 0.48, 0.004, 0.12, "41 border crises", 0.03, 0.08, 0.66, True,
    ),
    p.OutcomeRow(
        "raid", "Does another raid from Valdenia kill someone in Ostmark?",
        "within 90 days", 0.52, 0.38, 0.67, 0.005, 0.44, "months of raids", None, 0.3,
        0.74, False,
    ),
    p.OutcomeRow(
        "war", "Do Ostmark and Norrland declare war?", "within 30 days", 0.002, None,
        None, 0.0005, None, "", 0.001, None, None, False,
    ),
)  # fmt: skip

ACTORS = tuple(
    p.ActorBox(*row)
    for row in (
        ("gov", "Government of Valdenia", "state"),
        ("ost", "Ostmark", "state"),
        ("nor", "Norrland", "state"),
        ("sea", "Southsea Union", "state"),
        ("red", "Red Hand", "group"),
        ("hill", "Hill Front", "group"),
        ("coast", "Coastal Volunteers", "group"),
        ("par", "Parliament coalition", "party"),
    )
)
TIES = tuple(
    p.TieArrow(*row)
    for row in (
        ("red", "ost", "attack", 0.6, "about 40 in April"),
        ("hill", "ost", "attack", 0.3, ""),
        ("ost", "nor", "attack", 0.3, "12 April"),
        ("nor", "ost", "attack", 0.3, ""),
        ("nor", "red", "support", 0.5, "arms"),
        ("nor", "hill", "support", 0.3, ""),
        ("sea", "ost", "support", 0.6, ""),
        ("par", "gov", "support", 0.2, ""),
        ("gov", "nor", "refused", 0.2, "two visits"),
        ("gov", "sea", "asked", 0.2, ""),
        ("sea", "ost", "given", 0.2, "pledged"),
        ("gov", "red", "refused", 0.15, ""),
        ("coast", "red", "support", 0.1, ""),
    )
)
EVENTS = tuple(
    p.TimelineEvent(*row)
    for row in (
        (-80, "Red Hand names bases", "other", "said"),
        (-20, "and again", "other", "said"),
        (-44, "envoy in Norrland", "restraint", "asked to hold back"),
        (-17, "second visit, cold", "restraint", "asked to hold back"),
        (-85, "rockets on the coast road", "attack", "done"),
        (-36, "drone hits a harbour", "attack", "done"),
        (-29, "drone kills two soldiers", "attack", "done"),
        (-19, "Ostmark strikes Norrland", "attack", "done"),
        (-10, "arms seen on the hill road", "support", "done"),
    )
)


@functools.cache
def sample_page():
    judged = tuple(
        p.NumberRow(f"Judged number {k}", f"0.{k} to 0.{k + 4}", "a wide guess", "up")
        for k in range(1, 12)
    )
    return p.BriefPage(
        title="Valdenia between its neighbours",
        question="Can the groups still be held back?",
        case_id="valdenia-2031",
        known_to="1 May 2031, 00:00 UTC",
        version="0.1.0",
        seed=7,
        draws=200,
        futures=10_000,
        case_digest="3f9a" * 16,
        data_digest="77b0" * 16,
        generated="2 May 2031, 08:00 UTC",
        origin=ORIGIN,
        bottom="Ostmark is unlikely to strike soil of Valdenia within 90 days (31 %).",
        why=(
            "Raids from Valdenia doubled in April",
            "The one sponsor that stopped them in winter declined to do so twice.",
        ),
        summary="Two neighbours fight, and groups in Valdenia take part.",
        confidence="moderate",
        confidence_reasons=("Counts come from three sources.",),
        alerts=(("Risk alert", "the warning of an attack ends on 5 May."),),
        outcomes=OUTCOMES,
        counts=(
            p.CountRow(
                "Raids on Ostmark", "within 90 days", 20, 55, 90, 140, 260, 104.2
            ),
        ),
        passages=(
            p.Passage("Ostmark strikes soil of Valdenia", _curve(0.31)),
            p.Passage("Another raid kills someone in Ostmark", _curve(0.52)),
        ),
        fans=(
            _fan("Raids on Ostmark", 2.7, ((4, "warning: an attack by 5 May"),)),
            _fan("Raids on Norrland", 40.0, ()),
        ),
        actors=ACTORS,
        ties=TIES,
        streams=(p.StreamRow("Raids on Ostmark", "38 to 44", "three counts"),),
        red_lines=(
            p.RedLineRow(
                "Ostmark: deaths by raids in 30 days", "Ostmark", "vague, public",
                "a strike, 1 to 14 days later", 2, 1.2, 2.6, 4, 6.5, 12,
                "2 deaths; line between 1 and 12", "",
            ),
            p.RedLineRow(
                "Red Hand: Ostmark uses the skies of Valdenia", "Red Hand", "clear",
                "attacks on harbours", 1, 0.5, 0.7, 0.9, 1.2, 2, "used once",
                "crossed on 12 April, no answer yet",
            ),
        ),
        restraints=(
            p.RestraintRow(
                "Winter word", "Norrland", "Red Hand, Hill Front", "no, lapsed", "0.4"
            ),
        ),
        warnings=(
            p.WarningRow(
                "attack from Valdenia", "29 April", "5 May", "6 in 100", "[S2]",
                "two unnamed officials <say> so & wait",
            ),
        ),
        watch=(p.WatchRow("A visit to the capital", "15 May", "the chance falls"),),
        drivers=(p.WatchRow("Pull of Norrland", "0.3 to 0.8", "more: chance falls"),),
        variants=(("Who starts a raid", "sponsor or group", "0.6: winter silence"),),
        levers=(
            p.LeverRow(
                "Truce at sea", "Ostmark, Norrland", "truce", "0 to 2 days",
                "standing at home", "may be broken by a third party",
            ),
        ),
        timeline=EVENTS,
        sourced=(p.NumberRow("Raids in April", "about 40", "[S1]", "up"),),
        judged=judged,
        alternatives=(
            ("Norrland has lost control", ("the winter silence",)),
            ("The groups act alone", ()),
        ),
        sources=(
            p.SourceRow("S1", "Claims, counted", "30 April 2031", "B2", ""),
            p.SourceRow("S2", "News site", "29 April 2031", "C3", "two unnamed"),
        ),
        limits=("Claims are a reporting stream.", "No strike has a precedent."),
        method=(("Model", "events beget events, held back by restraints"),),
    )  # fmt: skip
