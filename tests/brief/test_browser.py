"""The page in a real browser."""

import pytest

from spillover.brief.pdf import to_pdf
from spillover.brief.render import to_html
from spillover.brief.report_html import report_html
from tests.brief.sample_page import sample_page
from tests.brief.sample_report import full_page, sample_report
from tests.support.browser import running_browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running


PAGES = {
    "brief": lambda: to_html(sample_page()),
    "full brief": lambda: to_html(full_page()),
    "report": lambda: report_html(sample_report()),
}


@pytest.fixture(scope="module", params=PAGES)
def address(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(PAGES[request.param](), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_is_accessible(browser, address, width, scheme):
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert asked == [address]
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        page.close()
        return
    report = Axe().run(page)
    page.close()
    assert report.violations_count == 0, report.generate_report()


def test_pdf(browser, tmp_path):
    path = tmp_path / "brief.pdf"
    to_pdf(to_html(sample_page()), path)
    assert path.read_bytes().startswith(b"%PDF")
