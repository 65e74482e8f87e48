"""The page Outlook: made by a call, filtered, reasons unfolded, a case drafted from it."""

import os
from pathlib import Path

import pytest

from tests.study.outlook_world import csv_text, rows
from tests.support.browser import running_browser
from tests.web.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outlook")
    found = Served(folder / "desk")
    files = {"files": ("world.csv", csv_text(rows()).encode())}
    found.finished(found.client.post("/api/events", files=files).json())
    yield found
    found.stop()


@pytest.fixture(scope="module")
def made(served):
    """An outlook that was made."""
    job = served.client.post("/api/outlook", json={"horizon": 7}).json()
    return served.finished(job)


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running


def picture(page, name):
    """Keep a picture, where they are asked for."""
    where = os.environ.get("SPILLOVER_PICTURES")
    if where:
        page.screenshot(path=str(Path(where) / f"{name}.png"), full_page=True)


def test_page_and_twin_say_the_same(served, made):
    assert made["result"]["link"] == "/outlook"
    twin = served.client.get("/outlook.json").json()
    html = served.client.get("/outlook").text
    assert len(twin["page"]["rows"]) == 60
    first = twin["page"]["rows"][0]
    assert f"{first['source']} {first['action']} {first['target']}" in html
    assert not twin["stale"]


def test_bad_questions_are_refused_in_words(served):
    asked = {"horizon": 7, "actor": "Brigads"}
    job = served.client.post("/api/outlook", json=asked).json()
    failed = served.finished(job, status="failed")
    assert 'Did you mean "Brigades"?' in failed["error"]["message"]
    assert served.client.post("/api/outlook", json={"horizon": 0}).status_code == 422


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light")]
)
def test_looks(browser, served, made, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    context.add_cookies([{**served.cookie, "url": served.base}])
    page = context.new_page()
    page.goto(served.base + "/outlook")
    page.wait_for_load_state("networkidle")
    page.locator("#next details").first.locator("summary").click()
    picture(page, f"outlook-{width}-{scheme}")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == []
    context.close()


def test_filter_and_draft(browser, served, made):
    context = browser.new_context()
    context.add_cookies([{**served.cookie, "url": served.base}])
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(served.base + "/outlook")
    page.fill("#filter", "brigades assault")
    rows_ = page.locator("#next tbody tr:visible")
    assert rows_.count() >= 1
    assert all("ASSAULT" in t for t in rows_.locator("th[scope=row]:visible").all_inner_texts() if " " in t)  # fmt: skip
    rows_.first.locator("input[type=checkbox]").check()
    page.fill("input[name=id]", "feud")
    page.get_by_role("button", name="Draft a case").click()
    page.wait_for_url("**/cases/feud/edit")
    text = served.client.get("/cases/feud.json").json()
    assert text["case"]["id"] == "feud"
    context.close()
