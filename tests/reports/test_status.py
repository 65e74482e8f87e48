"""Whether an act took place. A feared strike that is taken for a past one is the worst error."""

from datetime import date

import pytest

from spillover.reports.claim import Status
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from spillover.reports.status import factuality, status_of
from spillover.reports.tokens import tokenise

TOLD = (Status.HAPPENED, Status.ONGOING)


def status(text, word, *, noun=False):
    doc = tokenise(text)
    at = doc.lower.index(word)
    sentence = next(s for s in doc.sentences if s[0] <= at < s[1])
    return status_of(doc, sentence, at, noun=noun)[0]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Arland struck the port on Monday.", "struck"),
        ("The port was struck by Arland.", "struck"),
        ("Arland had already struck the port.", "struck"),
        ("Arland managed to strike the port.", "strike"),
    ],
)
def test_what_happened(text, word):
    assert status(text, word) is Status.HAPPENED


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Arland will strike the port.", "strike", Status.PLANNED),
        ("Arland vowed to strike the port.", "strike", Status.PLANNED),
        ("Arland said it would strike the port.", "strike", Status.PLANNED),
        ("Arland is preparing to strike the port.", "strike", Status.PLANNED),
        ("Arland could strike the port.", "strike", Status.HYPOTHETICAL),
        ("If Arland struck the port, war would follow.", "struck", Status.CONDITIONAL),
        ("War will follow unless Arland leaves.", "leaves", Status.CONDITIONAL),
        ("Arland did not strike the port.", "strike", Status.DENIED),
        ("Arland never struck the port.", "struck", Status.DENIED),
        ("Arland denied striking the port.", "striking", Status.DENIED),
        ("Arland denied that its jets had struck the port.", "struck", Status.DENIED),
        ("Arland would have struck the port.", "struck", Status.DENIED),
        ("Arland refused to strike the port.", "strike", Status.DENIED),
        ("Westmark urged Arland to strike the port.", "strike", Status.DEMANDED),
        ("Arland must strike the port.", "strike", Status.DEMANDED),
        ("Arland moved ships to strike the port.", "strike", Status.HYPOTHETICAL),
        (
            "Arland was accused of a plan to prevent it from striking.",
            "striking",
            Status.DENIED,
        ),
        ("Westmark asked Arland not to strike.", "strike", Status.HYPOTHETICAL),
    ],
)
def test_what_did_not(text, word, expected):
    assert status(text, word) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Diplomats fear a strike on the port.",
        "There is a risk of a strike on the port.",
        "Officials warned of a strike on the port.",
        "Arland threatened a strike on the port.",
        "The planned strike was discussed.",
        "Any strike on the port would be answered.",
        "Arland called for a strike on the port.",
        "Arland denied a strike on the port.",
        "A possible strike worried the envoys.",
        "The ships were sent to deter a strike on the port.",
    ],
)
def test_feared_planned_and_denied_nouns_are_not_past(text):
    assert status(text, "strike", noun=True) not in TOLD


def test_a_noun_stated_as_a_fact():
    assert (
        status("The strike on the port killed two.", "strike", noun=True)
        is Status.HAPPENED
    )


def test_two_ways_of_asking():
    doc = tokenise("Arland will strike the port.")
    at = doc.lower.index("strike")
    assert factuality(doc, (0, len(doc.words)), at) == -1  # it has not happened
    assert factuality(doc, (0, len(doc.words)), at, certain=True) == 1  # it is sure


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Arland vowed to strike and destroy the port.", "destroy", Status.PLANNED),
        ("Arland could raid the port and then destroy it.", "destroy", Status.HYPOTHETICAL),
        ("He threatened to close the strait, attack ships and seize them.", "attack", Status.PLANNED),
        ("He threatened to close the strait, attack ships and seize them.", "seize", Status.PLANNED),
        ("The men might be held or executed.", "executed", Status.HYPOTHETICAL),
        ("Arland asked Oria to disarm the groups and arrest them.", "arrest", Status.DEMANDED),
        ("They failed to cross the river and seize the bridge.", "seize", Status.DENIED),
        ("They are accused of shelling a market and killing ten.", "killing", Status.HYPOTHETICAL),
        # Joined to what took place, or to nothing at all.
        ("They managed to enter the town and free the crew.", "free", Status.HAPPENED),
        ("Oria agreed to talk and Arland struck it.", "struck", Status.HAPPENED),
        ("He went to Baghdad and attacked the port.", "attacked", Status.HAPPENED),
        ("Rebels attack and burn villages.", "burn", Status.HAPPENED),
        ("The port may not be used, warned Arland.", "warned", Status.HAPPENED),
        ("Arland is preparing to fire, killing nobody yet, and Oria hit back.", "hit", Status.HAPPENED),
    ],
)  # fmt: skip
def test_joined_verbs_share_a_status(text, word, expected):
    assert status(text, word) is expected


OPEN_OR_NOT = (
    "Israel hopes the United States will strike Iran.",
    "Officials fear Iran will attack Israel within days.",
    "Analysts feared Israel was about to bomb Iran.",
    "Israel was ready to strike Iran and destroy its refineries.",
    "Iran has yet to attack Israel.",
    "Iran refrained from attacking Israel.",
    "Israel stopped short of striking Iran.",
    "The threat of an Iranian attack on Israel has grown.",
    "Iraq has been trying to prevent Iran from attacking Israel.",
    "Unless Iran stops, Israel will bomb Iran and invade Iraq.",
    "Were Israel to strike Iran, Iran would attack Israel.",
    "Iran was expected to strike Israel before the election.",
    "Israel has drawn up plans for striking Iran.",
    "A strike by Israel on Iran appears imminent.",
    "Israel called off a strike on Iran.",
    "An attempt by Iran to attack Israel was foiled.",
    "Iran says it will not attack Israel or arm Hezbollah.",
    "Iran neither attacked Israel nor threatened Iraq.",
    "No one believes that Israel attacked Iran.",
    "Reports that Israel attacked Iran are false.",
    "The claim that Iran attacked Israel was denied by Tehran.",
    "Israel considered bombing Iran but decided against it.",
    "In the event of an Israeli strike on Iran, Iran has promised to attack Israel.",
    "Iran might have attacked Israel.",
    "Iran came close to attacking Israel.",
    "Israel is under pressure to attack Iran.",
    "Israel has the right to attack Iran, said Washington.",
    "It would be a mistake for Israel to attack Iran.",
    "Washington talked Israel out of attacking Iran.",
    "Israel's plan is to attack Iran, seize its oil and bomb Iraq.",
    "Let Israel attack Iran.",
    "Iran is capable of striking Israel.",
    "Imagine Iran attacks Israel.",
    "Iran's failure to attack Israel surprised Iraq.",
    "Israel ruled out attacking Iran.",
    "Israel has not ruled out attacking Iran.",
    "Had Iran attacked Israel, Israel would have bombed Iran.",
    "A war game saw Iran attack Israel.",
    "The resolution urges Israel not to attack Iran and calls on Iran to free hostages.",
    "Iran could respond by attacking Israel.",
    "Tehran's vow to hit Israel has not been carried out.",
    "Israel is weighing whether to strike Iran or wait.",
    "An Iranian strike on Israel would be met with force.",
    "Iran stands ready to attack Israel.",
    "Israel threatened Iran with airstrikes.",
    "Israel dropped plans to bomb Iran.",
    "The United States warned Iran against attacking Israel.",
    "Iran postponed its attack on Israel.",
    "Iran hinted at striking Israel again.",
    "Israel is thought to be planning an attack on Iran.",
    "A decision by Israel to attack Iran has not been made.",
    "Iraq's government said it opposed any Israeli attack on Iran.",
    "The chances of Iran attacking Israel are growing.",
    "The prospect of Israel bombing Iran alarmed Iraq.",
    "Iran is on the verge of attacking Israel.",
    "Israel never attacked Iran, the minister said.",
    "Iran holds off attacking Israel.",
    "Once Israel attacks Iran, Iraq will close its airspace.",
    "When Israel attacks Iran, Iraq will close its airspace.",
    "Israel wants American help in bombing Iran.",
    "Israel may respond to Iran by bombing it.",
    "Rather than attack Israel, Iran chose talks.",
    "Instead of bombing Iran, Israel imposed sanctions.",
    "Iran rejected accusations that it had attacked Israel.",
    "There is no evidence that Iran attacked Israel.",
    "Israel was dissuaded from attacking Iran.",
    "Iran has no intention of attacking Israel.",
    "Israel will decide on Sunday whether it attacks Iran.",
    "The drill simulated an Israeli attack on Iran.",
    "Israel could be drawn into attacking Iran.",
    "Iran asked Iraq for permission to attack Israel.",
    "Iraq fears being used by Iran to attack Israel.",
    "Israel spared Iran an attack.",
)
"""Acts that are feared, planned, asked, conditional or denied: none took place."""


@pytest.mark.parametrize("text", OPEN_OR_NOT)
def test_what_did_not_take_place_is_never_past(text):
    report = Report("x", text, published=date(2024, 10, 31))
    claims = LexiconReader(()).read(report).claims
    assert [c for c in claims if c.action == "ASSAULT" and c.status in TOLD] == []


@pytest.mark.parametrize(
    "text",
    [
        "Israel responded by attacking Iran.",
        "Israel had to strike Iran.",
        "Reports that Israel attacked Iran are true, Iraq said.",
        "Israel attacked Iran after talks on the right to respond.",
        "Israel said that it attacked Iran.",
        "The Israeli strike on Iran was larger than expected.",
    ],
)
def test_what_took_place_is_still_past(text):
    report = Report("x", text, published=date(2024, 10, 31))
    claims = LexiconReader(()).read(report).claims
    assert any(c.action == "ASSAULT" and c.status in TOLD for c in claims)
