"""Write models by hand in tests: names and numbers in, (Model, theta) out.

    b = Build(horizon=30.0)
    b.stream("raid", base=0.4, deaths=(0.2, lognormal(3.0, 0.5)))
    b.stream("strike", base=0.1)
    b.response("raid", "strike", children=0.3, half_life=2.0)
    b.factor("truce", rows=[b.row("raid", 0.5)], starts="strike", half_life=10.0)
    model, theta = b.build()

Every number becomes a slot of theta of its own (``b.at(...)`` names shared ones).
Patterns and acts are texts: ``"raid"``, ``"raid[deadly]"``, ``"raid[deadly,big]"``; a
list of them, or ``"raid | strike"``, matches any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spillover.keys import id_key
from spillover.model.structure import (
    ABSENT,
    DEADLY,
    INJURING,
    Act,
    Amount,
    Answer,
    Choice,
    Clause,
    Condition,
    Driver,
    Factor,
    FactorRow,
    Gauge,
    GaugeFactor,
    KernelPart,
    Model,
    OddsRule,
    Option,
    Pattern,
    Quantity,
    RedLine,
    Reply,
    Report,
    Response,
    ScheduledAct,
    State,
    Stream,
    Varying,
    Warn,
    WeightRule,
)

__all__ = ["Build", "Law", "fixed", "logitnormal", "lognormal", "records", "uniform"]

Text = str | Sequence[str]


@dataclass(frozen=True)
class Law:
    """A thing that varies, with its numbers."""

    family: Any
    a: float
    b: float | None = None


def fixed(value: float) -> Law:
    """Always ``value``."""
    return Law("fixed", value)


def lognormal(median: float, sd: float) -> Law:
    """Median and standard deviation of the log."""
    return Law("lognormal", median, sd)


def logitnormal(median: float, sd: float) -> Law:
    """Median and standard deviation of the logit."""
    return Law("logitnormal", median, sd)


def uniform(low: float, high: float) -> Law:
    """Between two values."""
    return Law("uniform", low, high)


class Build:
    """Collects the parts of a model; see the module docstring."""

    def __init__(self, horizon: float = 30.0, weekday_of_origin: int = 0) -> None:
        self.model = Model(
            streams=(), horizon=horizon, weekday_of_origin=weekday_of_origin
        )
        self.numbers: list[float] = []
        self.shared: dict[str, int] = {}
        self.flags: dict[str, int] = {"deadly": DEADLY, "injuring": INJURING}

    # ---- numbers and words -------------------------------------------------------

    def number(self, value: float | str | None) -> int:
        """Slot of a number; a text is the name of a shared one; None is ABSENT."""
        if value is None:
            return ABSENT
        if isinstance(value, str):
            return self.shared[value]
        self.numbers.append(float(value))
        return len(self.numbers) - 1

    def at(self, name: str, value: float) -> str:
        """Name a number that several places share (or that a test changes)."""
        self.shared[name] = self.number(value)
        return name

    def varying(self, law: Law | float | None) -> Varying | None:
        """A law; a plain number is always that value."""
        if law is None:
            return None
        if not isinstance(law, Law):
            law = fixed(law)
        return Varying(law.family, self.number(law.a), self.number(law.b))

    def flag(self, name: str) -> int:
        """Bit of a named flag, made on first use."""
        if name not in self.flags:
            self.flags[name] = 1 << len(self.flags)
        return self.flags[name]

    def index(self, stream: str) -> int:
        """Index of a stream by name."""
        return [s.id for s in self.model.streams].index(stream)

    def _split(self, text: str) -> tuple[int, int]:
        found = re.fullmatch(r"\s*([\w-]+)\s*(?:\[([\w, -]*)\])?\s*", text)
        assert found, text
        flags = 0
        for name in (found[2] or "").split(","):
            if name.strip():
                flags |= self.flag(name.strip())
        return self.index(found[1]), flags

    def pattern(self, text: Text | None) -> Pattern:
        """Pattern of a text, of several, or none."""
        if text is None:
            return Pattern()
        texts = text.split("|") if isinstance(text, str) else list(text)
        return Pattern(tuple(Clause(*self._split(t)) for t in texts))

    def act(self, text: str) -> Act:
        """Act of a text."""
        return Act(*self._split(text))

    def _add(self, field: str, item: Any) -> int:
        now = getattr(self.model, field)
        self.model = replace(self.model, **{field: (*now, item)})
        return len(now)

    # ---- elements ------------------------------------------------------------------

    def stream(
        self,
        name: str,
        base: float | str | None = None,
        *,
        level: float | str | None = None,
        drivers: Mapping[str, float] | None = None,
        weekday: Sequence[float] = (),
        choices: Mapping[str, Mapping[str, float | None]] | None = None,
        normalise: bool = False,
        deaths: tuple[Any, ...] | None = None,
        injured: tuple[Any, ...] | None = None,
        flags: Sequence[str] = (),
        dormant: bool = False,
    ) -> int:
        """A stream. ``choices``: {choice: {flag: share}} (None: what is left);
        ``deaths``: (chance, law[, given flag])."""
        ids = [d.id for d in self.model.drivers]
        made = []
        for choice, options in (choices or {}).items():
            made.append(
                Choice(
                    choice,
                    id_key("choice", name, choice),
                    tuple(
                        Option(0 if f == "-" else self.flag(f), self.number(share))
                        for f, share in options.items()
                    ),
                    normalise,
                )
            )
        amounts = []
        for kind, given, bit in (
            ("deaths", deaths, DEADLY),
            ("injured", injured, INJURING),
        ):
            if given is not None:
                need = self.flag(given[2]) if len(given) > 2 else 0
                amounts.append(
                    Amount(
                        kind,  # type: ignore[arg-type]
                        id_key("amount", name, kind),
                        self.number(given[0]),
                        self.varying(given[1]),
                        need,
                        bit,
                    )
                )
        bits = 0
        for f in flags:
            bits |= self.flag(f)
        return self._add(
            "streams",
            Stream(
                id=name,
                key=id_key("stream", name),
                name=name,
                base=self.number(base),
                level=self.number(level),
                drivers=tuple(
                    (ids.index(d), self.number(e)) for d, e in (drivers or {}).items()
                ),
                weekday=tuple(self.number(w) for w in weekday),
                choices=tuple(made),
                amounts=tuple(amounts),
                flags=bits,
                dormant=dormant,
            ),
        )

    def response(
        self,
        when: Text,
        then: str,
        children: float | str,
        half_life: float | Sequence[tuple[float, float]] = 1.0,
        *,
        lag: float | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> int:
        """A response; ``half_life`` may be [(half-life, share), ...];
        ``weights``: {"deadly": times}."""
        name = f"response-{len(self.model.responses)}"
        if isinstance(half_life, (int, float)):
            parts: tuple[KernelPart, ...] = (KernelPart(self.number(half_life)),)
        else:
            parts = tuple(
                KernelPart(self.number(h), self.number(s)) for h, s in half_life
            )
        rules = []
        for text, times in (weights or {}).items():
            bits = 0
            for f in text.split(","):
                bits |= self.flag(f)
            rules.append(WeightRule(bits, self.number(times)))
        return self._add(
            "responses",
            Response(
                name,
                id_key("response", name),
                self.pattern(when),
                self.act(then),
                self.number(children),
                parts,
                self.number(lag),
                tuple(rules),
            ),
        )

    def driver(self, name: str, kind: str, **fields: Any) -> int:
        """A driver; number fields by name, ``jump_times`` a law, ``path`` a tuple,
        ``parts`` {driver: weight}. Drivers come before the streams they raise."""
        ids = [d.id for d in self.model.drivers]
        made: dict[str, Any] = {}
        for field, value in fields.items():
            if field == "path":
                made[field] = tuple(float(x) for x in value)
            elif field == "parts":
                made[field] = tuple(
                    (ids.index(d), self.number(w)) for d, w in value.items()
                )
            elif field == "jump_times":
                made[field] = self.varying(value)
            else:
                made[field] = self.number(value)
        return self._add("drivers", Driver(name, id_key("driver", name), kind, **made))  # type: ignore[arg-type]

    def row(
        self,
        target: str,
        factor: float | str,
        *,
        compliance: float | None = None,
        obeys: float | None = None,
        power: float | None = None,
    ) -> FactorRow:
        """A row of a factor: ``target`` is a stream with flags, as in patterns."""
        stream, require = self._split(target)
        return FactorRow(
            stream,
            self.number(factor),
            require,
            self.number(compliance),
            self.number(obeys),
            id_key("obeys", target),
            self.number(power),
        )

    def factor(
        self,
        name: str,
        rows: Sequence[FactorRow],
        *,
        starts: Text | None = None,
        ends: Text | None = None,
        delay: Law | float | None = None,
        holds_for: Law | float | None = None,
        half_life: float | None = None,
        until: float | None = None,
        while_state: str | None = None,
        in_force: Sequence[tuple[float, float]] = (),
        offspring: bool = False,
        cap: float = 1.0,
    ) -> int:
        """A factor."""
        ids = [s.id for s in self.model.states]
        return self._add(
            "factors",
            Factor(
                id=name,
                key=id_key("factor", name),
                rows=tuple(rows),
                starts=self.pattern(starts),
                ends=self.pattern(ends),
                delay=self.varying(delay),
                holds_for=self.varying(holds_for),
                half_life=self.number(half_life),
                until=until,
                while_state=None if while_state is None else ids.index(while_state),
                in_force=tuple(in_force),
                offspring=offspring,
                cap=cap,
            ),
        )

    def gauge(
        self,
        name: str,
        half_life: float,
        steps: Mapping[str, float],
        *,
        start: float | None = None,
        at_origin: float | None = None,
    ) -> int:
        """A gauge; ``steps``: {pattern: step}."""
        return self._add(
            "gauges",
            Gauge(
                name,
                id_key("gauge", name),
                self.number(half_life),
                tuple((self.pattern(t), self.number(s)) for t, s in steps.items()),
                self.number(start),
                self.number(at_origin),
            ),
        )

    def gauge_factor(
        self,
        gauge: str,
        rows: Sequence[FactorRow],
        half_at: float,
        *,
        offspring: bool = False,
        cap: float = 1.0,
    ) -> int:
        """What a gauge multiplies."""
        ids = [g.id for g in self.model.gauges]
        return self._add(
            "gauge_factors",
            GaugeFactor(
                f"{gauge}-factor",
                ids.index(gauge),
                tuple(rows),
                self.number(half_at),
                offspring,
                cap,
            ),
        )

    def state(
        self,
        name: str,
        *,
        on: Text | None = None,
        off: Text | None = None,
        lasts: Law | float | None = None,
        initially: bool = False,
        since: float | None = None,
    ) -> int:
        """A state."""
        return self._add(
            "states",
            State(
                name,
                id_key("state", name),
                self.pattern(on),
                self.pattern(off),
                self.varying(lasts),
                initially,
                since,
            ),
        )

    def red_line(
        self,
        name: str,
        counts_what: Text | None,
        reach: Law | float | None,
        *,
        kind: str = "count",
        gauge: str | None = None,
        chance: float = 1.0,
        window: float | None = None,
        times_past_peak: float | None = None,
        act: str | None = None,
        factor: str | None = None,
        opens: str | None = None,
        open_for: Law | float | None = None,
        delay: Law | float | None = None,
        times: Law | float | None = None,
        counts: float | None = None,
        wear_reach: float | None = None,
        wear_chance: float | None = None,
        weigh_past: bool = True,
        pending: Sequence[float] = (),
    ) -> int:
        """A red line over ``counts_what`` (or over a gauge)."""
        gauges = [g.id for g in self.model.gauges]
        factors = [f.id for f in self.model.factors]
        if gauge is not None:
            quantity = Quantity("gauge", gauge=gauges.index(gauge))
        else:
            quantity = Quantity(kind, self.pattern(counts_what))  # type: ignore[arg-type]
        return self._add(
            "red_lines",
            RedLine(
                id=name,
                key=id_key("line", name),
                owner="",
                quantity=quantity,
                chance=self.number(chance),
                reach=self.varying(reach),
                times_past_peak=self.number(times_past_peak),
                window=self.number(window),
                act=None if act is None else self.act(act),
                factor=None if factor is None else factors.index(factor),
                opens=None if opens is None else self.index(opens),
                open_for=self.varying(open_for),
                delay=self.varying(delay),
                times=self.varying(times),
                counts=self.number(counts),
                wear_reach=self.number(wear_reach),
                wear_chance=self.number(wear_chance),
                weigh_past=weigh_past,
                pending=tuple(pending),
            ),
        )

    def when(
        self,
        kind: str,
        what: Text,
        *,
        within: float | None = None,
        above: float | None = None,
        negate: bool = False,
    ) -> Condition:
        """A condition: state, factor or gauge by name, event by pattern."""
        index, pattern = -1, Pattern()
        if kind == "event":
            pattern = self.pattern(what)
        else:
            items: Any = getattr(self.model, f"{kind}s")
            index = [x.id for x in items].index(what)
        return Condition(
            kind,  # type: ignore[arg-type]
            index,
            pattern,
            self.number(within),
            self.number(above),
            negate,
        )

    def reply(
        self,
        name: str,
        ask: Text,
        within: float,
        answers: Mapping[str, float | None],
        *,
        delay: Law | float | None = None,
        odds: Sequence[tuple[Condition, int, float]] = (),
        weigh_past: bool = True,
        pending: Sequence[float] = (),
    ) -> int:
        """A reply; the answer ``"-"`` is silence."""
        return self._add(
            "replies",
            Reply(
                name,
                id_key("reply", name),
                self.pattern(ask),
                self.number(within),
                tuple(
                    Answer(None if t == "-" else self.act(t), self.number(c))
                    for t, c in answers.items()
                ),
                self.varying(delay),
                tuple(OddsRule(c, a, self.number(x)) for c, a, x in odds),
                weigh_past,
                tuple(pending),
            ),
        )

    def warning(
        self,
        name: str,
        act: str,
        issued: float,
        chance: float,
        *,
        by: float | None = None,
        after: float | None = None,
        fades: float | None = None,
    ) -> int:
        """A warning."""
        return self._add(
            "warnings",
            Warn(
                name,
                id_key("warning", name),
                self.act(act),
                issued,
                self.number(chance),
                by,
                self.number(after),
                self.number(fades),
            ),
        )

    def report(
        self, name: str, of: Text, real: float, claimed: float | None = None
    ) -> int:
        """A layer of claims."""
        return self._add(
            "reports",
            Report(
                name,
                id_key("report", name),
                self.pattern(of),
                self.number(real),
                self.number(claimed),
            ),
        )

    def scheduled(
        self,
        time: float,
        act: str,
        *,
        attempt: bool = False,
        ordinal: int = 0,
        chance: float | None = None,
        share: float = 1.0,
        depth: int = 100,
    ) -> ScheduledAct:
        """An act a lever schedules."""
        key = id_key("act", act, str(time), ordinal)
        slot = ABSENT if chance is None else self.number(chance)
        return ScheduledAct(time, self.act(act), key, attempt, 0, slot, share, depth)

    def build(self) -> tuple[Model, NDArray[np.float64]]:
        """The model and its theta (slots,)."""
        names = sorted(self.flags, key=lambda f: self.flags[f])
        return replace(self.model, flag_names=tuple(names)), np.array(self.numbers)


def records(
    b: Build, events: Sequence[tuple[float, str] | tuple[float, str, int, int]]
) -> Any:
    """A past `History` from (time, "stream[flags]"[, deaths, injured]) tuples."""
    from spillover.model.history import History

    n = len(events)
    rows = [(e[0], *b._split(e[1]), *(e[2:] or (0, 0))) for e in events]
    order = sorted(range(n), key=lambda i: rows[i][0])
    rows = [rows[i] for i in order]
    flags = []
    for _, s, f, d, j in rows:
        f |= b.model.streams[s].flags
        flags.append(f | (DEADLY if d else 0) | (INJURING if j else 0))
    return History(
        time=np.array([r[0] for r in rows], np.float64),
        stream=np.array([r[1] for r in rows], np.int64),
        flags=np.array(flags, np.uint64),
        deaths=np.array([r[3] for r in rows], np.int64),
        injured=np.array([r[4] for r in rows], np.int64),
        claims=np.zeros((n, len(b.model.reports)), np.int64),
        key=np.array([id_key("record", i) for i in range(n)], np.uint64),
        parent=np.full(n, -1, np.int64),
        via=np.full(n, 6, np.int64),
    )
