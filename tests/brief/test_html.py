"""What a reader, a screen reader and a browser without network find in the page."""

import dataclasses
import re

import pytest
from bs4 import BeautifulSoup

from spillover.brief.render import to_html
from spillover.brief.words import mixed_sentences
from tests.brief.sample_page import sample_page
from tests.brief.sample_report import full_page


@pytest.fixture(scope="module")
def html():
    return to_html(sample_page())


@pytest.fixture
def soup(html):
    return BeautifulSoup(html, "html.parser")


def test_one_heading_and_a_language(soup):
    assert len(soup.find_all("h1")) == 1
    assert soup.html["lang"] == "en"
    assert soup.title.string.strip()


def test_tables_can_be_read_aloud(soup):
    tables = soup.find_all("table")
    assert tables
    for table in tables:
        assert table.caption.get_text(strip=True)
        assert all(th.get("scope") in ("col", "row") for th in table.find_all("th"))


def test_every_picture_has_a_name_and_a_table(soup):
    figures = soup.find_all("figure")
    # outcomes, passages, timeline, map, two fans, red lines
    assert len(figures) == 7
    for figure in figures:
        drawn = figure.find_all("svg")
        assert len(drawn) == 2
        assert all(svg["aria-label"] and svg["role"] == "img" for svg in drawn)
        target = figure.figcaption.a["href"].removeprefix("#")
        assert soup.find("table", id=target), target


def test_ids_are_unique(soup):
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_nothing_runs_and_nothing_is_fetched(html, soup):
    assert not soup.find_all(["script", "iframe", "img", "link", "object"])
    assert not re.search(r"url\(|@import", html)
    for tag in soup.find_all(True):
        for name in ("src", "href", "xlink:href"):
            assert tag.get(name, "#").startswith("#")
        assert not any(name.startswith("on") for name in tag.attrs)


def test_size(html):
    assert len(html.encode()) < 300_000


def test_texts_are_escaped(html, soup):
    assert "<say>" not in html
    assert "two unnamed officials <say> so & wait" in soup.get_text()


def test_likelihood_and_confidence_never_share_a_sentence(soup):
    for tag in soup.find_all(["style", "svg"]):
        tag.extract()
    assert mixed_sentences(soup.get_text("\n")) == []


def test_a_chance_stands_beside_its_base_rate(soup):
    row = next(
        tr
        for tr in soup.find_all("tr")
        if tr.th.get_text() == "Does Ostmark strike soil of Valdenia?"
    )
    cells = [td.get_text() for td in row.find_all("td")]
    assert "31\u00a0%" in cells  # a number is never parted from its unit
    assert "12\u00a0%" in cells


def test_same_page_same_bytes(html):
    assert to_html(sample_page()) == html


@pytest.mark.parametrize("p", [0.0, 0.012, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0])
def test_every_chance_can_be_drawn(p):
    page = sample_page()
    row = dataclasses.replace(page.outcomes[0], p=p, low=None, high=None)
    small = dataclasses.replace(
        page, outcomes=(row,), actors=(), ties=(), fans=(), timeline=(), red_lines=()
    )
    assert 'id="fig-outcomes"' in to_html(small)


def test_a_full_brief_has_its_blocks_and_their_tables():
    soup = BeautifulSoup(to_html(full_page()), "html.parser")
    figures = {f["id"] for f in soup.find_all("figure")}
    assert {"fig-flow", "fig-levers"} <= figures
    for figure in soup.find_all("figure"):
        target = figure.figcaption.a["href"].removeprefix("#")
        assert soup.find("table", id=target), target
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    text = soup.get_text()
    assert "Had the truce held" in text
    assert "Had it gone otherwise" in text
    assert "spillover compare" not in text
