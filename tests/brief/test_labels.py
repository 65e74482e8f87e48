"""Labels of narrow tables: each cell of a stacked row is told which column it is."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

from spillover.brief.labels import share_labels
from spillover.brief.render import to_html
from tests.brief.sample_page import sample_page

TABLE = (
    '<table class="stack"><thead><tr><th scope="col">A</th><th scope="col">{}</th></tr>'
    "</thead><tbody><tr><th>x</th><td>1</td></tr></tbody></table>"
)
PAGE = "<style>p{{}}</style>{}{}{}"


def test_one_rule_per_column_of_each_set_of_heads() -> None:
    page = share_labels(
        PAGE.format(TABLE.format("B"), TABLE.format("B"), TABLE.format("C"))
    )
    assert page.count('class="stack k0"') == 2
    assert page.count('class="stack k1"') == 1
    assert page.count("::before") == 2
    assert '.k1 td:nth-child(2)::before{content:"C: "}' in page
    assert page.index("::before") < page.index("</style>")


def test_quotes_and_tags_cannot_leave_the_style() -> None:
    page = share_labels(PAGE.format(TABLE.format("&lt;/style&gt; &#34;a\\"), "", ""))
    style = page[: page.index("</style>")]
    assert 'content:"\\3c /style> \\"a\\\\: "' in style


def test_a_page_without_such_tables_is_left_alone() -> None:
    assert share_labels("<style></style><p>x</p>") == "<style></style><p>x</p>"


def test_every_column_of_the_brief_has_its_label() -> None:
    html = to_html(sample_page())
    style = html[: html.index("</style>")]
    for table in BeautifulSoup(html, "html.parser").select("table.stack"):
        name = next(c for c in table["class"] if re.fullmatch(r"k\d+", c))
        for n, head in enumerate(table.select("thead th")[1:], start=2):
            text = head.get_text()
            if text:
                rule = f'.{name} td:nth-child({n})::before{{content:"{text}: "}}'
                assert rule in style
