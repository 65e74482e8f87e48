"""Markdown and JSON say all that the page says."""

import dataclasses
import json

from spillover.brief.markdown import to_markdown
from spillover.brief.render import to_json
from spillover.brief.report_html import report_json, report_markdown
from spillover.brief.words import mixed_sentences
from tests.brief.sample_page import sample_page
from tests.brief.sample_report import full_page, sample_report


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


def test_markdown_of_a_full_brief_holds_every_block():
    text = to_markdown(full_page())
    for said in (
        "## How it would come about",
        "Most often like this",
        "**What flow find: 5 % to 23 %**",
        "A truce lowers it from 23 % to 9 %.",
        "No number moves it more",
        "## Had it gone otherwise",
        "**Numbers of history**",
    ):
        assert said in text, said


def test_report_as_markdown_and_json():
    page = sample_report()
    text = report_markdown(page)
    assert text.startswith("# Valdenia between its neighbours: levers compared")
    assert text.count("| Lever | Without | With |") == 7
    body = json.loads(report_json(page))
    assert body["schema_version"] == 1
    assert len(body["sections"]) == 6
