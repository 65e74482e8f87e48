"""Reports: news of an invented or real region by templates, and pages that hold them."""

from __future__ import annotations

from random import Random

__all__ = ["news", "page"]

WHO = (
    "Iraq", "the United States", "Iran", "Israel", "Kataib Hezbollah", "Hamas", "the army",
    "Turkish forces", "Hezbollah", "a spokesman for the Foreign Ministry", "police",
    "two unnamed officials", "the Islamic Resistance in Iraq", "President Biden", "rebels",
    "the Houthis", "protesters in Baghdad", "Mr. al-Sudani", "U.S. troops", "NATO",
)  # fmt: skip
DID = (
    "launched a drone at", "attacked", "struck a base of", "condemned", "denied attacking",
    "threatened to strike", "called on", "agreed with", "met with", "will respond to",
    "did not fire at", "warned", "held talks with", "imposed sanctions on", "shelled",
    "claimed responsibility for a strike on", "is said to have hit", "demanded that",
    "urged restraint on", "has asked", "released prisoners of", "withdrew from",
)  # fmt: skip
WHERE = ("in Erbil", "near Ain al-Asad", "in Anbar", "in southern Lebanon", "on the border", "in the Red Sea", "at Tower 22", "")  # fmt: skip
WHEN = (
    "on Tuesday", "on 28 January 2024", "last week", "in early March", "on Jan. 4, 2024",
    "two days ago", "yesterday", "since October 7", "between 3 and 5 May", "overnight", "",
    "by the end of the month", "within 48 hours", "on the 31st of June", "in 2023", "today",
    "from Monday to Friday", "2024-02-02", "02/03/2024", "at dawn on Feb 29", "next Sunday",
)  # fmt: skip
TOLL = (
    "killing three people", "wounding at least 34", "killing no one", "leaving dozens dead",
    "and killed 1,200", "with 2 to 5 dead and several injured", "", "", "", "without casualties",
)  # fmt: skip
SAYS = (
    "according to Reuters", "a senior official said", "state media reported", "he said", "",
    'officials said: "We will not be silent"', "it was reported", "sources told AFP", "",
    "the ministry added", "analysts believe", "if the strikes go on", "unless it stops",
)  # fmt: skip
LINES = (
    "If {a} {d} {b}, {b} will answer with force.",
    '"Any attack on {a} is a red line," {b} said {t}.',
    "{a} asked {b} to hold back {c}, but {b} refused.",
    "{a}, an ally of {b}, funds {c}.",
    "{a} is part of {b}. It was founded by {c} in 1982.",
    "{a} has until {t} to answer, {b} warned.",
    "What will {a} do? Nobody knows.",
    "- {a}\n- {b}\n\n{c} - {t}",
    "{a} ({b}) said {t} that {c} had not {d} it.",
)  # fmt: skip


def _of(rng: Random, some: tuple[str, ...]) -> str:
    return some[int(rng.random() * len(some))]


def _sentence(rng: Random) -> str:
    if rng.random() < 0.3:
        return (
            _of(rng, LINES)
            .replace("{a}", _of(rng, WHO))
            .replace("{b}", _of(rng, WHO))
            .replace("{c}", _of(rng, WHO))
            .replace("{d}", _of(rng, DID))
            .replace("{t}", _of(rng, WHEN))
        )
    words = (
        _of(rng, WHO),
        _of(rng, DID),
        _of(rng, WHO),
        _of(rng, WHERE),
        _of(rng, WHEN),
    )
    text = " ".join(w for w in words if w)
    toll, says = _of(rng, TOLL), _of(rng, SAYS)
    text += f" {toll}" if toll else ""
    text += f", {says}" if says else ""
    return text[:1].upper() + text[1:] + _of(rng, (".", ".", ".", "!", "?", ";"))


def _body(rng: Random, least: int = 1100) -> list[str]:
    paragraphs: list[str] = []
    size = 0
    while size < least:
        some = " ".join(_sentence(rng) for _ in range(1 + int(rng.random() * 4)))
        paragraphs.append(some)
        size += len(some)
    return paragraphs


def news(rng: Random) -> bytes:
    """A report as text, sometimes with a head of its particulars."""
    text = "\n\n".join(_body(rng)) + "\n"
    if rng.random() < 0.4:
        text = f"Title: {_sentence(rng)}\nDate: {_of(rng, WHEN)}\nSource: Gazette\n\n{text}"
    elif rng.random() < 0.4:
        text = f"BAGHDAD, {_of(rng, WHEN)} (Gazette) - {text}"
    return text.encode()


def page(rng: Random) -> bytes:
    """A page saved from a browser."""
    body = _body(rng, 700)
    tags = ("p", "p", "p", "div", "li", "blockquote", "td", "h2", "section", "span")
    inner = "\n".join(f"<{t}>{b}</{t}>" for b in body for t in [_of(rng, tags)])
    head = f'<meta charset="{_of(rng, ("utf-8", "utf-8", "windows-1252", "utf-16", "x-odd"))}">'
    head += f"<title>{_sentence(rng)}</title>"
    if rng.random() < 0.6:
        head += (
            '<meta property="og:site_name" content="Gazette">'
            f'<meta property="article:published_time" content="{_of(rng, ("2024-02-03T10:00:00Z", "3 Feb 2024", "9999-99-99", ""))}">'
            '<meta name="author" content="A. Writer">'
            '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "H", "datePublished": "2024-02-03"}</script>'
        )
    start = _of(rng, ("<!DOCTYPE html>\n", "<!-- saved from url=(0014)about:internet -->\n<!DOCTYPE html>", '<?xml version="1.0"?>\n', ""))  # fmt: skip
    return f"{start}<html><head>{head}</head><body><nav>Home</nav><article><h1>{_sentence(rng)}</h1>{inner}</article></body></html>".encode()
