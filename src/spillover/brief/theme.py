"""Colours, font and text widths. A colour has one meaning wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["clip", "dark_css", "text_width", "wrap"]

INK, INK2, RULE = "#17212b", "#4f5b67", "#c9d1d9"
FAINT, PAPER = "#eef1f4", "#ffffff"
ACT, SUPPORT, RESTRAINT, ESTIMATE = "#a8320d", "#655cc0", "#007a66", "#2b3f57"
#: Light to dark; bands around a rate take the second (90 %) and the third (50 %).
ACT_TINTS = ("#fbeae3", "#f1cdbf", "#dfa089", "#c4623f", "#7d2206")
EST_TINTS = ("#dbe2ea", "#a9b8c9")
#: Every colour and its twin on dark paper; CSS swaps them in drawn pictures.
DARK: dict[str, str] = {
    INK: "#e9edf1",
    INK2: "#a9b4bf",
    RULE: "#3d4852",
    FAINT: "#1f272f",
    PAPER: "#13191f",
    ACT: "#f2906a",
    SUPPORT: "#aaa3ff",
    RESTRAINT: "#4cc4ab",
    ESTIMATE: "#b9cbe0",
    ACT_TINTS[0]: "#2e1d17",
    ACT_TINTS[1]: "#55291b",
    ACT_TINTS[2]: "#8a4229",
    ACT_TINTS[3]: "#cf6f49",
    ACT_TINTS[4]: "#ffb596",
    EST_TINTS[0]: "#26323f",
    EST_TINTS[1]: "#4a5f77",
}
#: Ties: colour and dash. Heads and crosses say the same without colour.
TIE_STYLE: dict[str, tuple[str, Sequence[int]]] = {
    "attack": (ACT, (1, 0)),
    "support": (SUPPORT, (1, 0)),
    "asked": (RESTRAINT, (6, 4)),
    "refused": (RESTRAINT, (2, 3)),
    "given": (RESTRAINT, (1, 0)),
}
#: One set of advance widths on every system, so that packed labels stay packed.
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
#: Widths in px at which every picture is drawn; CSS shows one of the two.
WIDE, NARROW = 640, 328

# Arial's advance widths in 1/1000 em; what is not listed is 556.
_WIDTHS = {
    char: width
    for width, chars in {
        191: "'",
        222: "ijl",
        278: " ft.,:;!/I[]",
        333: "-()r",
        500: "ckvxyzsJ",
        611: "FTZ",
        667: "ABEKPSVXY",
        722: "wCDHNRU",
        778: "GOQ",
        833: "mM",
        889: "%",
        944: "W",
        1000: "…—",
    }.items()
    for char in chars
}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width in px of a line of text set in Arial."""
    em = sum(_WIDTHS.get(char, 556) for char in text) / 1000
    return em * size * (1.07 if bold else 1)


def clip(text: str, width: float, size: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip(" ,;:") + "…"


def wrap(text: str, width: float, size: float) -> list[str]:
    """Return the lines of a text broken at `width` px; a word too wide is cut."""
    lines = [""]
    for word in (clip(w, width, size) for w in text.split()):
        if lines[-1] and text_width(f"{lines[-1]} {word}", size) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def dark_css(scope: str) -> str:
    """Return CSS that turns a drawn light picture dark."""
    return "".join(
        f'{scope} [{part}="{light}"]{{{part}:{dark}}}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    )
