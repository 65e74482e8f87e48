"""One value of a case text changed: that value, and not a character more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spillover as sp
from spillover.case.edit import set_value
from spillover.case.read import numbers_by_path, raw_path
from spillover.case.yaml_text import parse_yaml
from spillover.errors import CaseError, InputError

TEXT = sp.load("strait-demo").files["case.yaml"].decode()
NUMBERS = [
    path
    for path, n in numbers_by_path(sp.load("strait-demo").case).items()
    if n.kind not in ("shared", "rest", "median")
]


def value_at(text, where):
    document, _ = parse_yaml(text, "case.yaml")
    node = document.data
    for part in raw_path(where, document):
        node = node[part]
    return node["is"] if isinstance(node, dict) else node


@pytest.mark.parametrize("where", NUMBERS)
def test_every_number_can_be_set_and_nothing_else_changes(where):
    changed = set_value(TEXT, where, "0.123..0.456 per day")
    assert str(value_at(changed, where)) == "0.123..0.456 per day"
    old = str(value_at(TEXT, where))
    back = set_value(changed, where, old)
    assert str(value_at(back, where)) == old
    assert [x for x in back.splitlines() if "#" in x] == [
        x for x in TEXT.splitlines() if "#" in x
    ]
    before, after = TEXT.splitlines(), changed.splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]),
        max_size=40,
    )
)
def test_any_text_comes_back_as_it_was_given(value):
    text = "case: a\nnumbers:\n  one: 0.3   # why\nlevers:\n  - {id: x, name: old, kind: y}\n"
    for where in ("numbers.one", "levers.x.name"):
        changed = set_value(text, where, value)
        found = value_at(changed, where)
        assert str(found) == value or (
            isinstance(found, (int, float))
            and not isinstance(found, bool)
            and str(value) in changed
        )
        assert "# why" in changed


def test_what_cannot_be_set():
    with pytest.raises(InputError, match="no value at this place"):
        set_value(TEXT, "outcomes.no-such.within", "3 days")
    with pytest.raises(InputError, match="no value at this place"):
        set_value(TEXT, "levers", "x")
    with pytest.raises(InputError, match="too long or has line breaks"):
        set_value(TEXT, "title", "a\nb")
    with pytest.raises(CaseError, match="this is not YAML"):
        set_value("a: [", "a", "1")
