"""Which language a text looks like, so that one we cannot read is said to be so.

By the share of common words and by script; good enough to refuse, never used to code.
This file must never import a reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from spillover.reports.words import words

__all__ = ["Language", "language_of"]

_COMMON = {
    ("en", "English"): words("the of and to in that is was for on with as by at from it he be has have had said are this which not but"),
    ("fr", "French"): words("le la les des et est dans une que qui pour du au sur par avec pas ce il elle son ont"),
    ("es", "Spanish"): words("el la los las de y en que del una por con para es se su al lo como más han"),
    ("de", "German"): words("der die das und ist nicht von zu den mit dem des ein eine auf für im sich auch dass wird"),
    ("it", "Italian"): words("il di che la e un una per non con del della sono dei nel alla gli ha le da"),
    ("pt", "Portuguese"): words("de o a que e do da em um para com não uma os no se na por mais as dos foi"),
    ("nl", "Dutch"): words("de het een en van in is dat op te zijn met voor niet aan er ook door als hij"),
    ("tr", "Turkish"): words("ve bir bu için ile de da olarak olan daha çok gibi ise sonra kadar tarafından olduğu ne en"),
    ("id", "Indonesian"): words("yang dan di untuk dengan dari ini dalam tidak akan pada oleh itu juga telah ke adalah sebagai"),
    ("pl", "Polish"): words("w i na z się nie do to że jest o jak po od za przez dla tym oraz"),
    ("ro", "Romanian"): words("și de la în a că cu nu este pe din un o care mai pentru au fost"),
    ("sw", "Swahili"): words("ya na wa kwa katika ni za la kuwa cha hiyo huyo kama baada pia"),
}  # fmt: skip
_SCRIPTS = (
    "ARABIC", "HEBREW", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL",
    "DEVANAGARI", "THAI", "GREEK", "ARMENIAN", "GEORGIAN", "BENGALI", "TAMIL",
    "ETHIOPIC", "URDU", "MYANMAR", "KHMER",
)  # fmt: skip
_NAMES = {
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "HANGUL": "Korean", "CYRILLIC": "Russian or another language in Cyrillic script",
    "DEVANAGARI": "Hindi or another language in Devanagari script",
    "ARABIC": "Arabic, Persian or another language in Arabic script",
    "ETHIOPIC": "Amharic or Tigrinya", "MYANMAR": "Burmese",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
"""Characters looked at, from the beginning and the middle."""
_ENOUGH = 0.12
"""Share of common words from which a text counts as English: news has 0.25 to 0.4."""


@dataclass(frozen=True)
class Language:
    """What a text looks like.

    Attributes
    ----------
    code, name
        "en", "English"; "und" where it cannot be told.
    share
        Share of its words that are common words of that language, or letters in script.
    readable
        Whether the default reader reads it.
    """

    code: str
    name: str
    share: float
    readable: bool


def language_of(text: str) -> Language:
    """The language a text looks like."""
    middle = len(text) // 2
    sample = text[:_SAMPLE] + text[max(_SAMPLE, middle) : middle + _SAMPLE]
    found = [word.lower() for word in _WORD.findall(sample)]
    if not found:
        return Language("und", "no language (it has no words)", 0.0, False)
    script = _script(sample)
    counted = Counter(found)
    shares = {
        key: sum(counted[word] for word in common) / len(found)
        for key, common in _COMMON.items()
    }
    english = shares["en", "English"]
    if script is not None and (english < _ENOUGH or script[1] > 0.5):
        name = _NAMES.get(script[0], script[0].title())
        return Language("und", name, script[1], False)
    best = max(shares, key=lambda key: shares[key])
    if english >= _ENOUGH or (best[0] == "en" and english > 0.05):
        return Language("en", "English", english, True)
    if len(found) < 12 and script is None:  # a headline: too short to tell
        return Language("en", "English", english, True)
    if shares[best] < 0.08:
        return Language("und", "a language it does not know", shares[best], False)
    return Language(best[0], best[1], shares[best], False)


def _script(text: str) -> tuple[str, float] | None:
    """The script of most letters, where that is not Latin."""
    letters = [c for c in text[:4000] if c.isalpha()]
    counted = Counter(
        next((s for s in _SCRIPTS if unicodedata.name(c, "").startswith(s)), "LATIN")
        for c in letters
        if ord(c) > 127 or c.isascii()
    )
    if not counted:
        return None
    name, many = counted.most_common(1)[0]
    return None if name == "LATIN" else (name, many / len(letters))
