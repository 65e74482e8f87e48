"""Words that say whether an act took place: what governs it, negates it, defers it.

This file must never import a reading.
"""

from __future__ import annotations

from spillover.reports.words import words

__all__: list[str] = []

PLANNED_VERBS = words(
    """
    plan plans planned planning intend intends intended intending vow vows vowed vowing
    promise promises promised promising pledge pledges pledged pledging agree agrees
    agreed agreeing threaten threatens threatened threatening prepare prepares prepared
    preparing decide decides decided deciding expect expects expected expecting hope
    hopes hoped hoping seek seeks sought seeking aim aims aimed aiming try tries trying
    attempt attempts attempted attempting want wants wanted wanting offer offers offered
    undertake commit commits committed swear swears swore sworn determine determined
    ready willing set due scheduled poised likely bound about going eager keen resolve
    resolved consider considers considered considering propose proposes proposed wish
    wishes wished need needs needed opt elect arrange arranged designed supposed
    inclined obliged able unable free urge tend mean means meant refuse refusing
    refused refuses decline declined declines fail failed fails failing
    """
)
"""Before "to": what follows has not been done yet (or was not: see `NOT_DONE`)."""

NOT_DONE = words(
    """
    refuse refusing refused refuses decline declined declines fail failed fails failing
    unable reluctant unwilling
    """
)
DEMAND_VERBS = words(
    """
    urge urges urged urging ask asks asked asking demand demands demanded demanding call
    calls called calling appeal appeals appealed request requests requested requesting
    press presses pressed pressing beg begs begged order orders ordered ordering tell
    tells told instruct instructed require requires required recommend recommended
    advise advised invite invited invites insist insists insisted want wants wanted
    persuade implore implored encourage encouraged allow allows allowed permit permitted
    convince authorise authorize plead pleaded pleading lobby lobbied suggest suggested
    pressure pressured warn warned exhort exhorted enjoin command commanded
    """
)
FEAR_WORDS = words(
    """
    fear fears feared fearing worry worries worried risk risks possibility possible
    potential threat threats likelihood prospect prospects chance danger probability
    hypothetical speculation concern concerns concerned suspicion rumour rumours rumor
    rumors warn warns warned warning warnings expectation expectations anticipation
    would-be eventual feared imminent looming plan plans intention proposal proposals
    possibly perhaps maybe attempt attempts
    """
)
PLAN_NOUNS = words(
    """
    planned upcoming forthcoming proposed scheduled future pending expected intended
    promised next anticipated prospective impending
    """
)
DENIALS = words(
    """
    deny denies denied denying reject rejects rejected dismiss dismissed disown
    disavow refute refuted
    """
)
NEGATIONS = words(
    """
    not n't never no neither nor without nobody none nothing hardly barely cannot
    nowhere
    """
)
AVOIDED = words(
    """
    dissuade dissuades dissuaded dissuading
    prevent prevents prevented preventing avoid avoids avoided avoiding avert averted
    averting stop stops stopped stopping deter deters deterred deterring halt halted
    thwart thwarted foil foiled block blocked forgo cease ceases ceased ceasing quit abandon abandoned cancel cancelled
    canceled refrain refrained ban banned prohibit prohibited
    """
)
MODALS_AHEAD = words("will 'll shall")
MODALS_MAYBE = words("would could may might can 'd")
MODALS_OUGHT = words("should must ought")
CONDITIONS = words("if unless whether provided assuming supposing lest imagine suppose")
PURPOSE = words(
    """
    order effort efforts bid aimed designed so chance ability need time way plan
    attempt struggle hope campaign
    """
)
DOUBT_VERBS = words(
    """
    believe believes believed think thinks thought suspect suspects suspected say doubt
    doubts doubted suppose guess wonder hope hopes hoped assume assumed imagine pretend
    """
)
ONGOING_VERBS = words(
    """
    continue continues continued continuing keep keeps kept resume resumes resumed
    begin begins began start starts started
    """
)
BE_NOW = words("is are am 's 're been being was were be")
