"""The page of a replay: what it says, its tables, its one script; played in a browser."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from spillover.api.replay_page import NO_PROOF, came_words, replay_html, replay_page
from spillover.brief.replay_chart import place, replay
from spillover.brief.report import Picture
from spillover.brief.report_html import report_json, report_markdown
from tests.brief.sample_replay import sample_replay


@pytest.fixture(scope="module")
def found():
    return sample_replay()


@pytest.fixture(scope="module")
def html(found):
    return replay_html(found)


@pytest.fixture(scope="module")
def soup(html):
    return BeautifulSoup(html, "html.parser")


def test_it_says_what_it_is_no_proof_of(found, soup):
    assert NO_PROOF in soup.get_text().replace("\u00a0", " ")
    assert [h.get_text() for h in soup.find_all("h2")][:4] == ["Replay", "Day by day", "Scored", "Judged and computed"]  # fmt: skip
    assert soup.html["lang"] == "en"
    assert len(soup.find_all("h1")) == 1
    assert NO_PROOF in report_markdown(replay_page(found))
    json.loads(report_json(replay_page(found)), parse_constant=pytest.fail)


def test_every_picture_has_its_table(found, soup):
    figures = soup.find_all("figure")
    assert len(figures) == 2
    for figure in figures:
        table = soup.find(id=figure.a["href"].removeprefix("#"))
        rows = table.tbody.find_all("tr")
        assert len(rows) == len(found.days)
        assert figure.svg["role"] == "img"
        steps = json.loads(figure["data-replay"])
        said = [[c.get_text() for c in r.find_all(["th", "td"])] for r in rows]
        assert [d["day"] for d in steps["days"]] == [s[0] for s in said]
        assert [d["came"] for d in steps["days"]] == [s[4].split(" ")[0] for s in said]
    assert {came_words(r) for r in found.found} >= {"yes", "no", "open (50\u00a0% of histories)".replace("\u00a0", " ")}  # fmt: skip


def test_nothing_is_fetched_and_only_its_script_runs(html, soup):
    scripts = soup.find_all("script")
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].string.encode()).digest())
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert f"script-src 'sha256-{digest.decode()}'" in policy["content"]
    assert "default-src 'none'" in policy["content"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)


def test_the_key_outcome_comes_first_and_most_are_tables(found):
    many = tuple((f"q{n}@7", f"Is it {n}?", 7) for n in range(10))
    page = replay_page(sample_replay(6, (*many, ("strike-on-arland@30", "A strike?", 30))))  # fmt: skip
    first = page.sections[0].blocks
    assert len(first) == 8
    assert first[0].finding.startswith("A strike within 30 days? Said ")
    others = next(s for s in page.sections if s.head == "Other questions")
    assert len(others.blocks) == 3


def test_one_day_has_no_line_but_tables(found):
    page = replay_page(sample_replay(1))
    assert not [b for s in page.sections for b in s.blocks if isinstance(b, Picture)]
    assert "<script>" not in replay_html(sample_replay(1))


def test_nothing_settled_is_said(found):
    rows = tuple(replace(r, settled=False, came=0.4) for r in found.found)
    page = replay_page(replace(found, found=rows))
    assert "the records settle none of them" in page.bottom
    assert "settle none of the days" in page.sections[0].blocks[0].finding


@pytest.mark.parametrize("weeks", [2, 11, 53, 200])
@pytest.mark.parametrize("width", [640, 328])
def test_the_chart_holds_any_number_of_days(weeks, width):
    for b in replay_page(sample_replay(weeks)).sections[0].blocks:
        spec = replay(width=width, **b.data)
        assert spec["width"] == width
        where = place(b.data["rows"])
        assert where["first"] < b.data["rows"][0]["x"] <= where["last"]
