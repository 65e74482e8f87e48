"""Markdown and JSON say all that the page says."""

import dataclasses
import json

from spillover.brief.markdown import to_markdown
from spillover.brief.render import to_json
from spillover.brief.words import mixed_sentences
from tests.brief.sample_page import sample_page


def test_json_is_complete():
    data = json.loads(to_json(sample_page()))
    assert data["schema_version"] == 1
    assert data["origin"] == "2031-05-01"
    names = {field.name for field in dataclasses.fields(sample_page())}
    assert names <= data.keys()
    assert [row["p"] for row in data["outcomes"]] == [0.31, 0.52, 0.002]
    assert len(data["fans"][0]["history"]) == 90


def test_markdown_is_complete():
    page = sample_page()
    text = to_markdown(page)
    for said in (page.title, page.question, page.bottom, page.summary, *page.limits):
        assert said in text
    for row in (*page.outcomes, *page.counts, *page.passages):
        assert row.question in text
    for row in (*page.sourced, *page.judged):
        assert row.what in text
    for row in (*page.restraints, *page.levers):
        assert row.name in text
    for row in page.red_lines:
        assert row.line in text
    for row in page.sources:
        assert row.title in text
    assert "31 %" in text
    assert mixed_sentences(text) == []


def test_same_page_same_text():
    page = sample_page()
    assert to_json(page) == to_json(page)
    assert to_markdown(page) == to_markdown(page)
